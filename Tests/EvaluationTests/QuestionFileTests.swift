import JSON
import Support
import Testing

@testable import Evaluation

@Suite struct QuestionFileTests {
  private func read(_ text: String) throws -> [Question] {
    try QuestionFile(Array(text.utf8)).questions
  }

  private func problem(_ text: String) -> QuestionFile.Problem? {
    do throws(QuestionFile.Problem) {
      _ = try QuestionFile(Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test func `reads every member`() throws {
    let line = """
      {"id": "eat", "question": "What does 食べる mean?", "facts": [["eat", "eating"], "たべる"],\
       "forbidden": ["drink"], "tool": ["get_word_details", "search_words"],\
       "sources": ["japanese/word/食べる"], "tags": ["word"]}
      """
    let question = try #require(try read("# a remark\n\n" + line + "\r\n").first)
    #expect(question.id == "eat")
    #expect(question.text == "What does 食べる mean?")
    #expect(question.facts == [["eat", "eating"], ["たべる"]])
    #expect(question.forbidden == ["drink"])
    #expect(question.tool == .one(of: ["get_word_details", "search_words"]))
    #expect(question.sources == ["japanese/word/食べる"])
    #expect(question.tags == ["word"])
  }

  @Test func `what is left out is not expected; null is no tool at all`() throws {
    let questions = try read(
      #"{"question": "a", "facts": ["b"]}"# + "\n\n" + #"{"question": "c", "tool": null}"#)
    #expect(questions.map(\.id) == ["line-1", "line-3"])
    #expect(questions.map(\.messages) == [["a"], ["c"]])
    #expect(questions[0].tool == nil)
    #expect(questions[1].tool == Question.ExpectedTool.none)
  }

  @Test func `several messages are one conversation, and what nobody can know is declined`() throws
  {
    let question = try #require(
      try read(#"{"question": ["a", "b"], "declines": true}"#).first)
    #expect(question.messages == ["a", "b"])
    #expect(question.text == "b")
    #expect(question.declines)
    #expect(question.digest != Question(id: "x", "b").digest)
  }

  @Test(
    arguments: [
      ("", nil, "no questions"), ("# only this\n", nil, "no questions"),
      ("\n\nnonsense", 3, "not JSON"), (#"{"question": "a", "facts": ["b"]"#, 1, "not JSON"),
      ("[1]", 1, "no JSON object"), (#"{"facts": ["a"]}"#, 1, "no \"question\""),
      (#"{"question": "", "facts": ["a"]}"#, 1, "empty"),
      (#"{"question": "***", "facts": ["a"]}"#, 1, "empty"),
      (#"{"question": 7, "facts": ["a"]}"#, 1, "no text"),
      (#"{"question": "a"}"#, 1, "expects nothing"),
      (#"{"question": [], "facts": ["a"]}"#, 1, "empty list"),
      (#"{"question": ["a", ["b"]], "facts": ["a"]}"#, 1, "no text"),
      (#"{"question": "a", "declines": "yes"}"#, 1, "true or false"),
      (#"{"question": "a", "facts": ["a cat"], "forbidden": ["cat"]}"#, 1, "forbidden, but"),
      (#"{"question": "a", "facts": [], "tags": ["x"]}"#, 1, "expects nothing"),
      (#"{"question": "a", "facts": "b"}"#, 1, "no array"),
      (#"{"question": "a", "facts": [[]]}"#, 1, "empty list"),
      (#"{"question": "a", "facts": [["b", 1]]}"#, 1, "no text"),
      (#"{"question": "a", "facts": [["b", ["c"]]]}"#, 1, "no text"),
      (#"{"question": "a", "fact": ["b"]}"#, 1, "unknown member \"fact\""),
      (#"{"question": "a", "question": "b", "facts": ["c"]}"#, 1, "not JSON"),
      (
        #"{"id": "x", "question": "a", "facts": ["b"]}"# + "\n"
          + #"{"id": "x", "question": "c", "facts": ["d"]}"#, 2, "line 1 too"
      ),
    ] as [(String, Int?, String)])
  func `says which line is wrong and why`(_ text: String, _ line: Int?, _ words: String) throws {
    let problem = try #require(self.problem(text))
    #expect(problem.line == line)
    #expect(problem.text.contains(words), "\(problem)")
  }

  @Test func `long texts, many entries and deep nesting are refused, bytes that are no text too`() {
    let long = String(repeating: "x", count: 4_001)
    #expect(problem(#"{"question": "\#(long)", "facts": ["a"]}"#)?.line == 1)
    let many = Array(repeating: "\"a\"", count: 65).joined(separator: ",")
    #expect(problem(#"{"question": "a", "facts": [\#(many)]}"#)?.line == 1)
    let deep = String(repeating: "[", count: 5_000)
    #expect(problem(#"{"question": "a", "facts": \#(deep)"#)?.line == 1)
    #expect(problem(String(repeating: " ", count: 70_000) + "{}")?.line == 1)
    #expect(throws: QuestionFile.Problem.self) { try QuestionFile([0xFF, 0xFE, 0x00]) }
  }

  @Test func `a file cut or changed anywhere is read or refused, never a trap`() throws {
    let bytes = Array(#"{"id":"é","question":"あ","facts":[["b"]],"tool":null}"#.utf8)
    for end in bytes.indices { _ = try? QuestionFile(Array(bytes[..<end])) }
    for place in bytes.indices {
      for byte: UInt8 in [0, 0x0A, 0x22, 0x5C, 0x7B, 0xFF] {
        var changed = bytes
        changed[place] = byte
        _ = try? QuestionFile(changed)
      }
    }
  }
}

@Suite struct WordingTests {
  @Test(arguments: [
    ("To EAT, to live on.", "to eat"), ("**14** strokes", "14 strokes"), ("１４画", "14"),
    ("It has 14画.", "14"), ("食べる（たべる）", "たべる"), ("don’t  know", "don't know"),
    ("a\u{3000}b", "a b"), ("JLPT N5.", "N5"), ("N5の単語", "n5"), ("3.4", "3.4"),
    ("it costs 4.", "4"),
    ("x", "x"), ("ﾈｺ", "ネコ"), ("ｶﾞｯｺｳ", "がっこう"), ("か\u{3099}", "が"), ("デン", "でん"),
    ("It’s a CAFÉ.", "cafe"), ("gakkō", "gakko"), ("e\u{301}te\u{301}", "ete"),
    ("1,400 yen", "1400"),
    ("1400", "1,400"), ("12,345,678", "12345678"), ("十九画", "十九"), ("3, 4", "3"),
  ]) func `finds a phrase`(_ text: String, _ phrase: String) {
    #expect(Wording(text).contains(Wording(phrase)))
  }

  @Test(arguments: [
    ("It is great.", "eat"), ("eaten", "eat"), ("14 strokes", "4 strokes"), ("114", "14"),
    ("3.4", "4"), ("3.4", "3"), ("1,400", "400"), ("N51", "N5"), ("", "a"), ("ab", "abc"),
    ("Größe", "gr"), ("十九画", "九"), ("1,400", "1"), ("3,4", "34"), ("はな", "ばな"),
  ]) func `does not find it inside of a word or a number`(_ text: String, _ phrase: String) {
    #expect(!Wording(text).contains(Wording(phrase)))
  }
}
