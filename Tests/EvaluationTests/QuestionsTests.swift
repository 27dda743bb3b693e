import JSON
import Support
import Testing

@testable import Evaluation

/// The files of `evaluation/`.
@Suite struct QuestionsTests {
  private static let files = Project.files(below: "evaluation", ending: ".jsonl")

  private static func questions(_ file: String) throws -> [Question] {
    try QuestionFile(Array(Project.text(file).utf8)).questions
  }

  @Test func `the files are found`() {
    #expect(Self.files.contains("evaluation/japanese.jsonl"))
  }

  @Test(arguments: files) func `each assistant has at least fifty questions of every kind`(
    _ file: String
  ) throws {
    let questions = try Self.questions(file)
    #expect(questions.count >= 50)
    #expect(questions.allSatisfy { !$0.tags.isEmpty })
    #expect(questions.count { !$0.facts.isEmpty } >= 40)
    #expect(questions.count { !$0.forbidden.isEmpty } >= 20)
    #expect(questions.count { !$0.sources.isEmpty } >= 40)
    #expect(questions.count { $0.tool != nil } >= 40)
    #expect(questions.contains { $0.tool == Question.ExpectedTool.none })
    #expect(questions.count(where: \.declines) >= 5)
    #expect(questions.count { $0.messages.count > 1 } >= 5)
    #expect(questions.count { $0.tags.contains("injection") } >= 5)
  }

  /// What the tutor knows, by its source.
  private static func knowledge() throws -> [String: String] {
    let folder = "Functions/Assistants/Japanese/Knowledge/"
    var known: [String: String] = [:]
    for line in try Project.text(folder + "kanji_jouyou.jsonl").split(separator: "\n") {
      let kanji = try JSONValue(parsing: String(line))
      var text = "grade \(kanji["grade"]?.int ?? 0), \(kanji["strokes"]?.int ?? 0) strokes"
      if let level = kanji["jlpt_new"]?.int { text += ", N\(level)" }
      for name in ["meanings", "readings_on", "readings_kun"] {
        for part in kanji[name]?.array ?? [] { text += ", \(part.string ?? "")" }
      }
      known["japanese/kanji/\(kanji["kanji"]?.string ?? "")"] = text
    }
    for line in try Project.text(folder + "jlpt_vocab.csv").split(whereSeparator: \.isNewline)
      .dropFirst()
    {
      let form = line.prefix { $0 != ";" && $0 != "," }.filter { $0 != "～" }
      known["japanese/word/\(form)", default: ""] += " \(line)"
    }
    let pairs = try Project.text(folder + "tatoeba_ja_en.tsv").split(separator: "\n")
    for (number, line) in pairs.enumerated() {
      let digits = String(number + 1)
      known["japanese/sentence/" + String(repeating: "0", count: 5 - digits.count) + digits] =
        String(line)
    }
    return known
  }

  @Test func `the tutor's expected facts stand in its own data, forbidden claims do not`() throws {
    let known = try Self.knowledge()
    for question in try Self.questions("evaluation/japanese.jsonl") where !question.sources.isEmpty
    {
      for source in question.sources { #expect(known[source] != nil, "\(question.id): \(source)") }
      let text = Wording(question.sources.compactMap { known[$0] }.joined(separator: "\n"))
      for fact in question.facts {
        #expect(fact.contains { text.contains(Wording($0)) }, "\(question.id): \(fact)")
      }
      let claims = question.forbidden.filter { text.contains(Wording($0)) }
      #expect(claims.isEmpty, "\(question.id)")
    }
  }
}
