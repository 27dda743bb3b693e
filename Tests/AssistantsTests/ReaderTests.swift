import Support
import Testing

@testable import Assistants

private func file(_ text: String, name: String = "f.csv") throws -> KnowledgeFile {
  try KnowledgeFile(name: name, bytes: Array(text.utf8))
}

@Suite struct CommaSeparatedTests {
  private func rows(_ text: String) throws -> [[String]] {
    try file(text).commaSeparated(header: ["a", "b"]).map(\.fields)
  }

  @Test(
    arguments: [
      ("a,b\n1,2\n", [["1", "2"]]), ("a,b\r\n1,2", [["1", "2"]]), ("a,b", []),
      ("\u{FEFF}a,b\n語,é\n", [["語", "é"]]), ("a,b\n,\n", [["", ""]]),
      ("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n", [["x, y", "say \"hi\""]]),
      ("a,b\n\"two\nlines\",\"\"\n3,4\n", [["two\nlines", ""], ["3", "4"]]),
      ("a,b\n1\"2,3\n", [["1\"2", "3"]]), ("a,b\n1\r2,3\r\n", [["1\r2", "3"]]),
    ] as [(String, [[String]])])
  func `reads what RFC 4180 allows`(text: String, expected: [[String]]) throws {
    #expect(try rows(text) == expected)
  }

  @Test(
    arguments: [
      ("", 1, .wrongHeader(expected: ["a", "b"])),
      ("b,a\n", 1, .wrongHeader(expected: ["a", "b"])),
      ("a,b\n1\n", 2, .wrongFieldCount(expected: 2, found: 1)),
      ("a,b\n1,2\n\n", 3, .wrongFieldCount(expected: 2, found: 1)),
      ("a,b\n1,2,3\n", 2, .wrongFieldCount(expected: 2, found: 3)),
      ("a,b\n\"x\ny\",2\n1\n", 4, .wrongFieldCount(expected: 2, found: 1)),
      ("a,b\n1,\"2\n", 3, .openQuote), ("a,b\n1,\"2\"x\n", 2, .textAfterQuote),
      ("a,b\n\"1\"\r2,3\n", 2, .textAfterQuote),
    ] as [(String, Int, KnowledgeFileError.Problem)])
  func `names the line of what it refuses`(
    text: String, line: Int, problem: KnowledgeFileError.Problem
  ) {
    #expect(throws: KnowledgeFileError(file: "f.csv", line: line, problem)) { try rows(text) }
  }

  @Test func `refuses what is not UTF-8`() {
    #expect(throws: KnowledgeFileError(file: "f", .notUTF8)) {
      try KnowledgeFile(name: "f", bytes: [0x61, 0xFF])
    }
  }

  @Test func `says file and line as editors take them`() {
    let error = KnowledgeFileError(
      file: "words.csv", line: 7, .wrongFieldCount(expected: 4, found: 3))
    #expect(error.description == "words.csv:7: has 3 fields instead of 4")
  }
}

@Suite struct JapaneseFilesTests {
  @Test func `reads all of the data`() throws {
    let files = try JapaneseFiles(
      folder: Project.root + "/Functions/Assistants/Japanese/Knowledge")
    #expect(files.words.count == 8_034)
    #expect(files.kanji.count == 2_136)
    #expect(files.sentences.count == 1_000)
    #expect(Set(files.entries.map { "\(type(of: $0).collection)/\($0.id)" }).count == 11_170)
    let eat = try #require(files.words.first { $0.form == "食べる" })
    #expect(eat.readings == ["たべる"])
    #expect(eat.meanings == ["to eat"])
    #expect(eat.level == "N5")
    let word = try #require(files.kanji.first { $0.character == "語" })
    #expect(word.strokes == 14)
    #expect(word.level == 5)
    #expect(files.sentences.filter { $0.japanese.contains("猫") }.count == 3)
  }

  @Test func `reads its items back`() throws {
    let files = try JapaneseFiles(
      folder: Project.root + "/Functions/Assistants/Japanese/Knowledge")
    for word in files.words { #expect(Word(word.item) == word) }
    for kanji in files.kanji { #expect(Kanji(kanji.item) == kanji) }
    for sentence in files.sentences { #expect(Sentence(sentence.item) == sentence) }
  }

  @Test func `takes forms, readings and meanings apart`() throws {
    let words = try JapaneseFiles.words(
      file(
        """
        expression,reading,meaning,level
        足; 脚,あし,foot; leg,N5
        ～円,～えん,"Yen (money, cash), coin",N5
        円,えん,circle,N3
        かまう,,to mind,N4
        """))
    #expect(words.map(\.forms) == [["足", "脚"], ["円"], ["円"], ["かまう"]])
    #expect(words.map(\.id) == ["足#あし", "円#えん", "円#えん#2", "かまう#かまう"])
    #expect(words[1].meanings == ["Yen (money, cash)", "coin"])
    #expect(words[3].readings.isEmpty)
  }

  @Test(arguments: [
    ("{", 1, "is not JSON"), (#"{"kanji":"語"}"#, 1, "strokes is missing"),
    (#"{"kanji":"語","strokes":"14"}"#, 1, "strokes is missing"),
    (#"{"kanji":"日本","strokes":1}"#, 1, "kanji is missing"),
  ])
  func `names the line of a wrong kanji`(text: String, line: Int, reason: String) {
    do {
      _ = try JapaneseFiles.kanji(file(text, name: "k.jsonl"))
      Issue.record("took \(text)")
    } catch {
      #expect("\(error)".hasPrefix("k.jsonl:\(line): \(reason)"))
    }
  }

  @Test func `refuses a folder without the files`() {
    #expect(throws: KnowledgeFileError.self) { try JapaneseFiles(folder: "/nonexistent") }
  }
}
