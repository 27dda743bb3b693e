import Foundation
import JSON
import Support
import Testing

@testable import Command

/// Documents out of files, and what is wrong with those that are none.
@Suite struct DocumentFileTests {
  private func documents(_ name: String, _ bytes: [UInt8]) async throws -> [DocumentFile.Document] {
    try await withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
      return DocumentFile(path: "\(folder)/\(name)").documents().map { document in
        var document = document
        document.place.trimPrefix("\(folder)/")
        return document
      }
    }
  }

  private func documents(_ name: String, _ text: String) async throws -> [DocumentFile.Document] {
    try await documents(name, Array(text.utf8))
  }

  private func problem(_ document: DocumentFile.Document) -> String? {
    guard case .failure(let problem) = document.content else { return nil }
    return problem.text
  }

  @Test func `a text is one document, titled by its heading or its name`() async throws {
    let markdown = try await documents("rules.md", "\u{FEFF}intro\n\n# House rules\n\nPets sleep.")
    #expect(markdown.count == 1 && markdown[0].place == "rules.md")
    #expect(try markdown[0].content.get()["title"] == "House rules")
    #expect(try markdown[0].content.get()["source"] == "rules.md")
    #expect(try markdown[0].content.get()["text"]?.string?.hasPrefix("intro") == true)
    let plain = try await documents("a.TXT", "x")
    #expect(try plain[0].content.get()["title"] == "a.TXT")
  }

  @Test func `a row is a document`() async throws {
    let rows = try await documents(
      "p.csv", "Id,Text,Tags\r\na,\"one, \"\"two\"\"\r\nthree\",x; y\r\nb\r\n,,\r\nc,four,")
    #expect(rows.map(\.place) == ["p.csv:2", "p.csv:4", "p.csv:5", "p.csv:6"])
    let first = try rows[0].content.get()
    #expect(first["text"] == "one, \"two\"\r\nthree" && first["id"] == "a")
    #expect(first["tags"] == ["x", "y"] && first["source"] == "p.csv:2")
    #expect(problem(rows[1]) == "has 1 fields instead of 3")
    #expect(try rows[3].content.get()["text"] == "four")
    let facts = try await documents("f.csv", "name,price\nTulgey,12\n")
    #expect(try facts[0].content.get()["text"] == "name: Tulgey\nprice: 12")
  }

  @Test func `quotes that do not end are one error, not a crash`() async throws {
    for (text, reason) in [
      ("a,b\n\"x,y\n", "line 2: a quote is not closed"),
      ("a,b\n\"x\"y,z\n", "line 2: text follows a closing quote"),
    ] {
      let rows = try await documents("p.csv", text)
      #expect(rows.map(problem) == [reason])
    }
    #expect(try await documents("p.csv", "").isEmpty)
    #expect(try await documents("p.csv", "only,a,header\n").isEmpty)
  }

  @Test func `a line is a document, wrong ones are left out`() async throws {
    let lines = try await documents(
      "f.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n\n[1]\n{\n{\"text\":\"y\"}\n")
    #expect(lines.map(\.place) == ["f.jsonl:1", "f.jsonl:3", "f.jsonl:4", "f.jsonl:5"])
    #expect(try lines[0].content.get()["id"] == "a")
    #expect(problem(lines[1]) == "is no JSON object")
    #expect(problem(lines[2])?.hasPrefix("is no JSON: ") == true)
    #expect(try lines[3].content.get()["source"] == "f.jsonl:5")
  }

  @Test func `what cannot be read is said`() async throws {
    #expect(try await documents("a.md", [0xFF, 0xFE]).map(problem) == ["is not UTF-8"])
    #expect(
      try await documents("a.doc", "x").map(problem)
        == ["only .md, .txt, .csv, .jsonl and .pdf files are read"])
    #expect(DocumentFile(path: "/nowhere/a.md").documents().map(problem) != [nil])
  }

  @Test func `a folder means the files in it that can be read`() async throws {
    try await withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/deep/er", withIntermediateDirectories: true)
      for name in ["b.md", "a.csv", "x.png", "deep/er/c.PDF", ".hidden.md"] {
        try Data("x".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
      }
      #expect(
        DocumentFile.paths(folder) == ["a.csv", "b.md", "deep/er/c.PDF"].map { "\(folder)/\($0)" })
      #expect(DocumentFile.paths("\(folder)/x.png") == ["\(folder)/x.png"])
    }
  }

  @Test func `reads its command line`() throws {
    func read(_ words: String...) throws -> Command { try Command(["knowledge"] + words) }
    var options = try #require(
      {
        if case .knowledge(let options) = try read(
          "add", "a.md", "b.md", "--tags", "x,y", "--limit", "5", "--url", "http://h/")
        {
          options
        } else {
          nil
        }
      }())
    #expect(options.action == .add(files: ["a.md", "b.md"]))
    #expect(options.tags == ["x", "y"] && options.limit == 5 && options.url == "http://h")
    options.limit = nil
    for bad in [
      [], ["add"], ["list", "x"], ["forget"], ["add", "a", "--limit", "0"],
      ["add", "a", "--batch", "101"], ["add", "a", "--url", "ftp://h"], ["search"],
    ] {
      #expect(throws: UsageError.self, "\(bad)") { try Command(["knowledge"] + bad) }
    }
  }
}
