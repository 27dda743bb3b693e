import Agent
import Events
import JSON

/// Something of the tutor's knowledge: an item to look up and a passage to find it by.
protocol Entry: Sendable {
  /// `japanese/word`: the item's partition key.
  static var collection: String { get }
  /// The item's sort key.
  var id: String { get }
  var source: Source { get }
  var passage: Passage { get }
  var item: Item { get }
  /// As a tool shows it to a model.
  var content: JSONValue { get }
}

/// A word of the JLPT lists.
struct Word: Entry, Equatable {
  static let collection = "japanese/word"

  var id: String
  /// Ways to write it, the usual one first: `足`, `脚`. Affixes stand without their `～`.
  var forms: [String]
  /// Empty where the list names none: the form is its own reading.
  var readings: [String]
  var meanings: [String]
  var level: String

  var form: String { forms.first ?? "" }

  var source: Source { Source(source: "\(Self.collection)/\(form)", title: form, type: "word") }

  var passage: Passage {
    let reading = readings.isEmpty ? "" : " (\(readings.joined(separator: "; ")))"
    return Passage(
      id: "word/\(id)", source: source.source, title: form,
      text: "\(forms.joined(separator: "; "))\(reading): \(meanings.joined(separator: ", ")). "
        + "JLPT \(level) word.",
      type: "word", tags: [level] + forms + readings)
  }

  var item: Item {
    [
      "collection": .string(Self.collection), "id": .string(id), "forms": .strings(forms),
      "readings": .strings(readings), "meanings": .strings(meanings), "level": .string(level),
    ]
  }

  init(id: String, forms: [String], readings: [String], meanings: [String], level: String) {
    self.id = id
    self.forms = forms
    self.readings = readings
    self.meanings = meanings
    self.level = level
  }

  /// Nil for an item that is no word.
  init?(_ item: Item) {
    guard let id = item["id"]?.string, let forms = item["forms"]?.strings, !forms.isEmpty,
      let readings = item["readings"]?.strings, let meanings = item["meanings"]?.strings,
      let level = item["level"]?.string
    else { return nil }
    self.init(id: id, forms: forms, readings: readings, meanings: meanings, level: level)
  }

  var content: JSONValue {
    var content: JSONValue = [
      "word": .string(form), "reading": .string(readings.first ?? form),
      "meanings": .strings(meanings), "level": .string("JLPT \(level)"),
    ]
    if forms.count > 1 { content["otherForms"] = .strings(Array(forms.dropFirst())) }
    if readings.count > 1 { content["otherReadings"] = .strings(Array(readings.dropFirst())) }
    content["source"] = .string(source.source)
    return content
  }
}

/// A kanji of the jōyō list.
struct Kanji: Entry, Equatable {
  static let collection = "japanese/kanji"

  var character: String
  var strokes: Int
  var meanings: [String]
  var onReadings: [String]
  var kunReadings: [String]
  /// School years 1 to 6; 8 is secondary school.
  var grade: Int?
  /// Rank among the 2,501 most used in newspapers.
  var frequency: Int?
  /// 5 to 1.
  var level: Int?

  var id: String { character }
  var source: Source {
    Source(source: "\(Self.collection)/\(character)", title: character, type: "kanji")
  }

  var passage: Passage {
    var text = "Kanji \(character): \(meanings.joined(separator: ", ")). \(strokes) strokes."
    if !onReadings.isEmpty { text += " On readings: \(onReadings.joined(separator: ", "))." }
    if !kunReadings.isEmpty { text += " Kun readings: \(kunReadings.joined(separator: ", "))." }
    if let level { text += " JLPT N\(level)." }
    if let grade { text += " School grade \(grade)." }
    return Passage(
      id: "kanji/\(character)", source: source.source, title: character, text: text, type: "kanji",
      tags: level.map { ["N\($0)"] } ?? [])
  }

  var item: Item {
    var item: Item = [
      "collection": .string(Self.collection), "id": .string(character),
      "strokes": AttributeValue(strokes), "meanings": .strings(meanings),
      "onReadings": .strings(onReadings), "kunReadings": .strings(kunReadings),
    ]
    item["grade"] = grade.map { AttributeValue($0) }
    item["frequency"] = frequency.map { AttributeValue($0) }
    item["level"] = level.map { AttributeValue($0) }
    return item
  }

  var content: JSONValue {
    var content: JSONValue = [
      "kanji": .string(character), "strokes": .int(strokes), "meanings": .strings(meanings),
      "onReadings": .strings(onReadings), "kunReadings": .strings(kunReadings),
    ]
    if let level { content["level"] = .string("JLPT N\(level)") }
    if let grade { content["schoolGrade"] = .int(grade) }
    if let frequency { content["frequencyRank"] = .int(frequency) }
    content["source"] = .string(source.source)
    return content
  }
}

extension Kanji {
  /// Nil for an item that is no kanji.
  init?(_ item: Item) {
    guard let character = item["id"]?.string, let strokes = item["strokes"]?.int,
      let meanings = item["meanings"]?.strings, let onReadings = item["onReadings"]?.strings,
      let kunReadings = item["kunReadings"]?.strings
    else { return nil }
    self.init(
      character: character, strokes: strokes, meanings: meanings, onReadings: onReadings,
      kunReadings: kunReadings, grade: item["grade"]?.int, frequency: item["frequency"]?.int,
      level: item["level"]?.int)
  }
}

/// A sentence with its translation.
struct Sentence: Entry, Equatable {
  static let collection = "japanese/sentence"

  /// Its line in the file, five digits.
  var id: String
  var japanese: String
  var english: String

  var source: Source {
    Source(source: "\(Self.collection)/\(id)", title: japanese, type: "sentence")
  }

  var passage: Passage {
    Passage(
      id: "sentence/\(id)", source: source.source, title: japanese, text: english, type: "sentence")
  }

  var item: Item {
    [
      "collection": .string(Self.collection), "id": .string(id), "japanese": .string(japanese),
      "english": .string(english),
    ]
  }

  var content: JSONValue {
    [
      "japanese": .string(japanese), "english": .string(english), "source": .string(source.source),
    ]
  }
}

extension Sentence {
  /// Nil for an item that is no sentence.
  init?(_ item: Item) {
    guard let id = item["id"]?.string, let japanese = item["japanese"]?.string,
      let english = item["english"]?.string
    else { return nil }
    self.init(id: id, japanese: japanese, english: english)
  }
}

extension AttributeValue {
  static func strings(_ texts: [String]) -> AttributeValue {
    .list(texts.map(AttributeValue.string))
  }

  var strings: [String]? { list?.compactMap(\.string) }
}

extension JSONValue {
  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

  var strings: [String]? { array?.compactMap(\.string) }
}
