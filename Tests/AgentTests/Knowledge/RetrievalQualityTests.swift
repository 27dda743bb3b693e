import JSON
import Support
import Testing

@testable import Agent

/// How often the search by words finds what a question is about, among all documents.
@Suite struct RetrievalQualityTests {
  private static let everyone = PassageFilter(tenant: "t", owner: "o")

  /// Of how many questions the right passage was the first, or among the first five.
  private struct Hits {
    var questions = 0
    var first = 0
    var five = 0

    mutating func add(_ isRight: [Bool]) {
      questions += 1
      if isRight.first == true { first += 1 }
      if isRight.prefix(5).contains(true) { five += 1 }
    }

    var hit1: Double { Double(first) / Double(questions) }
    var hit5: Double { Double(five) / Double(questions) }
  }

  /// JaQuAD: questions that were written with the paragraph in sight.
  @Test func `finds the paragraph of a Japanese question`() throws {
    var builder = LexicalIndexBuilder()
    var questions: [(text: String, document: String)] = []
    for line in try Project.text("Tests/AgentTests/Fixtures/jaquad_retrieval_ja.jsonl")
      .split(separator: "\n")
    {
      let value = try JSONValue(parsing: String(line))
      let text = try #require(value["text"]?.string)
      if value["type"]?.string == "doc" {
        let id = try #require(value["id"]?.int)
        try builder.add(
          Passage(id: "\(id)", source: "", title: value["title"]?.string ?? "", text: text))
      } else {
        questions.append((text, "\(try #require(value["doc"]?.int))"))
      }
    }
    let index = try LexicalIndex(builder.file())
    var hits = Hits()
    for question in questions {
      let found = index.search(question.text, limit: 5, filter: Self.everyone)
      hits.add(found.map { $0.passage.id == question.document })
    }
    #expect(index.count == 385)
    #expect(questions.count == 1_043)
    #expect(hits.hit1 >= 0.88, "hit@1 \(hits.hit1)")
    #expect(hits.hit5 >= 0.97, "hit@5 \(hits.hit5)")
  }

  /// This project's own documentation, cut as the library cuts it, and questions as its users may ask
  /// them: written by somebody who knows the pages, in other words than theirs, before the first run.
  ///
  /// A passage is right when it lies in a section that answers; the page alone is counted beside it.
  @Test func `finds the section of an English question`() throws {
    let pages = try documentation()
    var builder = LexicalIndexBuilder()
    var sections: [String: Set<String>] = [:]
    for page in pages {
      for (number, passage) in Splitter().passages(of: page.text).enumerated() {
        let id = "\(page.name)#\(number)"
        sections[id] = page.sections(of: passage.startIndex..<passage.endIndex)
        try builder.add(
          Passage(id: id, source: page.name, title: page.title, text: String(passage)))
      }
    }
    let index = try LexicalIndex(builder.file())
    let known = Set(pages.flatMap { page in page.sections.map { "\(page.name)/\($0.title)" } })
    var (bySection, byPage) = (Hits(), Hits())
    for line in try Project.text("Tests/AgentTests/Fixtures/docs_questions_en.jsonl")
      .split(separator: "\n")
    {
      let value = try JSONValue(parsing: String(line))
      let question = try #require(value["question"]?.string)
      let right = Set(value["in"]?.array?.compactMap(\.string) ?? [])
      #expect(
        !right.isEmpty && right.isSubset(of: known),
        "a heading has changed: docs_questions_en.jsonl has to say where this is answered now: \(line)"
      )
      let found = index.search(question, limit: 5, filter: Self.everyone).map(\.passage)
      let isRight = found.map { !right.isDisjoint(with: sections[$0.id] ?? []) }
      bySection.add(isRight)
      byPage.add(found.map { page in right.contains { $0.hasPrefix("\(page.source)/") } })
      if !isRight.contains(true) { print("not among five:", question) }
    }
    print(
      "English:", index.count, "passages,", bySection.questions, "questions; section hit@1",
      bySection.hit1, "hit@5", bySection.hit5, "page hit@1", byPage.hit1, "hit@5", byPage.hit5)
    #expect(bySection.questions >= 50)
    #expect(bySection.hit1 >= 0.35, "hit@1 \(bySection.hit1)")
    #expect(bySection.hit5 >= 0.60, "hit@5 \(bySection.hit5)")
  }

  // MARK: Pages

  private struct Page {
    let name: String
    let text: String
    let sections: [(start: String.Index, title: String)]

    var title: String { sections.first?.title ?? name }

    init(name: String, text: String) {
      self.name = name
      self.text = text
      var sections: [(start: String.Index, title: String)] = []
      var isCode = false
      for line in text.split(separator: "\n") {
        if line.hasPrefix("```") { isCode.toggle() }
        guard !isCode, line.hasPrefix("#") else { continue }
        sections.append((line.startIndex, String(line.drop { $0 == "#" || $0 == " " })))
      }
      self.sections = sections
    }

    /// Names of the sections of which a part of the text has something.
    func sections(of range: Range<String.Index>) -> Set<String> {
      var names: Set<String> = []
      for (number, section) in sections.enumerated() {
        let end = number + 1 < sections.count ? sections[number + 1].start : text.endIndex
        if range.overlaps(section.start..<end) { names.insert("\(name)/\(section.title)") }
      }
      return names
    }
  }

  private func documentation() throws -> [Page] {
    let names = Project.files(below: "docs", ending: ".md").sorted() + ["README.md"]
    return try names.map { path in
      Page(
        name: path.split(separator: "/").last.map(String.init) ?? path, text: try Project.text(path)
      )
    }
  }
}
