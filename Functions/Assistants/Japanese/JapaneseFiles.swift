import Agent
import JSON

/// The three files of the tutor's knowledge, read into entries.
struct JapaneseFiles: Sendable {
  static let names = ["jlpt_vocab.csv", "kanji_jouyou.jsonl", "tatoeba_ja_en.tsv"]

  let words: [Word]
  let kanji: [Kanji]
  let sentences: [Sentence]
  /// Of the files' bytes: the version of the knowledge.
  let fingerprint: Fingerprint

  init(folder: String) throws(KnowledgeFileError) {
    let vocabulary = try KnowledgeFile(name: Self.names[0], folder: folder)
    let characters = try KnowledgeFile(name: Self.names[1], folder: folder)
    let pairs = try KnowledgeFile(name: Self.names[2], folder: folder)
    words = try Self.words(vocabulary)
    kanji = try Self.kanji(characters)
    sentences = try Self.sentences(pairs)
    fingerprint = Fingerprint(of: [vocabulary.bytes, characters.bytes, pairs.bytes])
  }

  var entries: [any Entry] { words + kanji + sentences }

  static func words(_ file: KnowledgeFile) throws(KnowledgeFileError) -> [Word] {
    var words: [Word] = []
    var taken: [String: Int] = [:]
    let rows = try file.commaSeparated(header: ["expression", "reading", "meaning", "level"])
    for (line, fields) in rows {
      let forms = parts(fields[0], by: ";")
      let readings = parts(fields[1], by: ";")
      // A list of meanings; what stands in brackets or dashes is one remark.
      let meanings = splitMeanings(fields[2])
      for (name, isEmpty) in [
        ("expression", forms.isEmpty), ("meaning", meanings.isEmpty), ("level", fields[3].isEmpty),
      ] where isEmpty {
        throw KnowledgeFileError(file: file.name, line: line, .emptyField(name))
      }
      let key = "\(forms[0])#\(readings.first ?? forms[0])"
      taken[key, default: 0] += 1
      let number = taken[key] ?? 1
      words.append(
        Word(
          id: number == 1 ? key : "\(key)#\(number)", forms: forms, readings: readings,
          meanings: meanings, level: fields[3]))
    }
    return words
  }

  static func kanji(_ file: KnowledgeFile) throws(KnowledgeFileError) -> [Kanji] {
    var kanji: [Kanji] = []
    var taken: Set<String> = []
    for (line, bytes) in file.lines {
      let value: JSONValue
      do {
        value = try JSONValue(parsing: Array(bytes))
      } catch {
        throw KnowledgeFileError(file: file.name, line: line, .notJSON("\(error)"))
      }
      let entry = try read(value, file: file.name, line: line)
      guard taken.insert(entry.character).inserted else {
        throw KnowledgeFileError(file: file.name, line: line, .twice(entry.character))
      }
      kanji.append(entry)
    }
    return kanji
  }

  private static func read(
    _ value: JSONValue, file: String, line: Int
  ) throws(KnowledgeFileError) -> Kanji {
    func missing(_ member: String) -> KnowledgeFileError {
      KnowledgeFileError(file: file, line: line, .missing(member: member))
    }
    guard let character = value["kanji"]?.string, character.count == 1 else {
      throw missing("kanji")
    }
    guard let strokes = value["strokes"]?.int, (1...99).contains(strokes) else {
      throw missing("strokes")
    }
    guard let meanings = value["meanings"]?.strings else { throw missing("meanings") }
    guard let onReadings = value["readings_on"]?.strings else { throw missing("readings_on") }
    guard let kunReadings = value["readings_kun"]?.strings else { throw missing("readings_kun") }
    return Kanji(
      character: character, strokes: strokes, meanings: meanings, onReadings: onReadings,
      kunReadings: kunReadings, grade: value["grade"]?.int, frequency: value["freq"]?.int,
      level: value["jlpt_new"]?.int)
  }

  static func sentences(_ file: KnowledgeFile) throws(KnowledgeFileError) -> [Sentence] {
    var sentences: [Sentence] = []
    for (line, fields) in try file.tabSeparated(fields: 2) {
      for (name, field) in zip(["Japanese", "English"], fields) where field.isEmpty {
        throw KnowledgeFileError(file: file.name, line: line, .emptyField(name))
      }
      let number = String(line)
      let id = String(repeating: "0", count: max(0, 5 - number.utf8.count)) + number
      sentences.append(Sentence(id: id, japanese: fields[0], english: fields[1]))
    }
    return sentences
  }

  /// `いい; よい` → two; `～円` → `円`.
  private static func parts(_ field: String, by separator: Character) -> [String] {
    field.split(separator: separator).map { part in
      String(part.filter { $0 != "～" && $0 != "~" }).trimmingSpaces
    }.filter { !$0.isEmpty }
  }

  private static func splitMeanings(_ field: String) -> [String] {
    var meanings: [String] = []
    var meaning = ""
    var depth = 0
    for character in field {
      switch character {
      case "(": depth += 1
      case ")": depth -= 1
      default: break
      }
      if character == "," || character == ";", depth <= 0 {
        meanings.append(meaning)
        meaning = ""
      } else {
        meaning.append(character)
      }
    }
    return (meanings + [meaning]).map(\.trimmingSpaces).filter { !$0.isEmpty }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var part = self[...]
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}
