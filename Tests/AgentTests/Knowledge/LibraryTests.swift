import Cloud
import Events
import Testing

@testable import Agent

@Suite struct LibraryTests {
  private func soon() -> ContinuousClock.Instant { .now + .seconds(30) }

  private func document(_ text: String, id: String? = "d") -> Library.Document {
    Library.Document(id: id, source: "s.md", title: "Title", text: text)
  }

  private func passages(_ cloud: KnowledgeCloud) async throws -> [Item] {
    try await cloud.store.query(
      Query(KnowledgeCloud.table, where: "collection", is: "documents#acme")
    ).items
  }

  @Test func `adds, replaces and removes a document with its passages`() async throws {
    try await withKnowledgeCloud { cloud in
      let library = cloud.library()
      let long = String(repeating: "A sentence of some words. ", count: 100)
      let (_, first) = try await library.add(document(long), tenant: "acme", until: soon())
      guard case .added(let count, vectors: 0) = first, count > 2 else {
        Issue.record("\(first)")
        return
      }
      let (_, again) = try await library.add(document(long), tenant: "acme", until: soon())
      #expect(again == .unchanged(passages: count))
      let (_, short) = try await library.add(document("Short."), tenant: "acme", until: soon())
      #expect(short == .added(passages: 1, vectors: 0))
      #expect(try await passages(cloud).map { $0["text"]?.string } == ["Short."])
      let page = try await library.list(tenant: "acme", limit: 10, after: nil)
      #expect(page.entries.map(\.id) == ["d"] && page.entries[0].passages == 1)
      #expect(try await library.list(tenant: "other", limit: 10, after: nil).entries.isEmpty)
      #expect(try await library.remove("d", tenant: "other") == false)
      #expect(try await library.remove("d", tenant: "acme"))
      #expect(try await passages(cloud).isEmpty)
    }
  }

  @Test func `what an interruption left is replaced`() async throws {
    try await withKnowledgeCloud { cloud in
      // An entry without a digest, and passages of which the new text has none.
      try await cloud.store.put(
        [
          "collection": "catalog#acme", "id": "d", "source": "s.md",
          "passages": AttributeValue(3),
        ], into: KnowledgeCloud.table)
      for number in 0..<3 {
        try await cloud.store.put(
          cloud.item("d#0000\(number)", "left over"), into: KnowledgeCloud.table)
      }
      _ = try await cloud.library().add(document("Whole."), tenant: "acme", until: soon())
      #expect(try await passages(cloud).map { $0["text"]?.string } == ["Whole."])
    }
  }

  @Test func `an embedder that is down does not keep a document out`() async throws {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      embedder.isDown = true
      let (_, added) = try await cloud.library(embedder).add(
        document("A dog barks."), tenant: "acme", until: soon())
      #expect(added == .added(passages: 1, vectors: 0))
      #expect(try await passages(cloud)[0]["embedder"] == nil)
    }
  }

  @Test func `name and version of the embedder stand with each vector`() async throws {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      let (_, added) = try await cloud.library(embedder).add(
        document("A dog barks."), tenant: "acme", until: soon())
      #expect(added == .added(passages: 1, vectors: 1))
      let item = try #require(try await passages(cloud).first)
      #expect(item["embedder"]?.string == "test/topics#1#8")
      #expect(Documents.vector(item, of: embedder.id)?.count == 8)
      #expect(Documents.vector(item, of: TopicEmbedder(version: "2").id) == nil)
      // Another embedder, another vector: the document is not the same any more.
      let (_, newer) = try await cloud.library(TopicEmbedder(version: "2")).add(
        document("A dog barks."), tenant: "acme", until: soon())
      #expect(newer == .added(passages: 1, vectors: 1))
    }
  }

  @Test func `refuses what is no document`() async throws {
    try await withKnowledgeCloud { cloud in
      func refuses(_ document: Library.Document, _ problem: Library.Problem) async {
        await #expect(throws: problem) { () async throws in
          _ = try await cloud.library().add(document, tenant: "acme", until: soon())
        }
      }
      await refuses(document(" \n"), .empty)
      await refuses(document("x", id: "a b"), .badID)
      await refuses(document("x", id: String(repeating: "i", count: 201)), .badID)
      var wrong = document("x")
      wrong.tags = (0..<21).map { "t\($0)" }
      await refuses(wrong, .tooManyTags(limit: 20))
      wrong = document("x")
      wrong.owner = ""
      await refuses(wrong, .badField("owner", limit: 512))
      wrong = document(String(repeating: "x", count: 2_000_001))
      await refuses(wrong, .tooLong(limit: 2_000_000))
      let left = try await passages(cloud)
      #expect(left.isEmpty)
    }
  }
}
