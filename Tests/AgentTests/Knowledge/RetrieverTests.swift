import Cloud
import Events
import Foundation
import Support
import Testing

@testable import Agent

/// What is found by words and by meaning, and what is left when a part is missing.
@Suite struct RetrieverTests {
  private func soon() -> ContinuousClock.Instant { .now + .seconds(30) }
  private let ana = PassageFilter(tenant: "acme", owner: Caller.ana.owner)

  private func ask(
    _ question: String, _ knowledge: Knowledge, _ embedder: (any Embedder)?
  ) async throws -> Retrieval {
    try await Retriever(knowledge, embedder: embedder).passages(
      for: question, limit: 5, share: 0.3, filter: ana)
  }

  @Test func `finds by meaning what words do not`() async throws {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      _ = try await cloud.put(cloud.item("a", "The hound sleeps by the door."), embedder)
      _ = try await cloud.put(cloud.item("b", "An automobile needs fuel."), embedder)
      let knowledge = cloud.knowledge(cloud.sources())
      let found = try await ask("Where is my puppy?", knowledge, embedder)
      #expect(found.mode == .hybrid)
      #expect(found.passages.map(\.id) == ["documents#acme/a"])
      #expect(try await ask("Where is my puppy?", knowledge, nil).passages == [])
      // Found in both lists comes first.
      let both = try await ask("fuel for a car", knowledge, embedder)
      #expect(both.passages.first?.id == "documents#acme/b")
    }
  }

  @Test func `without the embedder it goes on by words, and says so`() async throws {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      _ = try await cloud.put(cloud.item("a", "The hound sleeps by the door."), embedder)
      embedder.isDown = true
      let found = try await ask("hound door", cloud.knowledge(cloud.sources()), embedder)
      #expect(found.mode == .embedderDown)
      #expect(found.passages.map(\.id) == ["documents#acme/a"])
    }
  }

  @Test func `a passage without a vector is found by its words, and the trace says so`()
    async throws
  {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      _ = try await cloud.put(cloud.item("a", "The hound sleeps by the door."), embedder)
      _ = try await cloud.put(cloud.item("b", "The cat sleeps by the stove."))
      let found = try await ask("sleeps stove", cloud.knowledge(cloud.sources()), embedder)
      #expect(found.mode == .vectorsMissing)
      #expect(found.passages.contains { $0.id == "documents#acme/b" })
    }
  }

  @Test func `vectors of another embedder are not compared`() async throws {
    try await withKnowledgeCloud { cloud in
      _ = try await cloud.put(
        cloud.item("a", "The hound sleeps."), TopicEmbedder(version: "1"))
      let other = TopicEmbedder(version: "2")
      let found = try await ask("puppy", cloud.knowledge(cloud.sources()), other)
      #expect(found.passages == [] && found.mode == .vectorsMissing)
    }
  }

  @Test func `an assistant's own words need no vectors`() async throws {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      var own = SegmentBuilder()
      try own.add(Passage(id: "w", source: "words", title: "inu", text: "inu means dog"))
      try await cloud.objects.put(own.file(), as: "own/index", in: KnowledgeCloud.bucket)
      _ = try await cloud.put(cloud.item("a", "The hound sleeps."), embedder)
      let found = try await ask("What does inu mean?", cloud.knowledge(cloud.sources()), embedder)
      #expect(found.mode == .hybrid)
      #expect(found.passages.first?.id == "w")
    }
  }

  @Test func `a lost index is asked for, and what is in memory serves until then`() async throws {
    try await withKnowledgeCloud { cloud in
      _ = try await cloud.put(cloud.item("a", "The hound sleeps by the door."))
      let (asked, asks) = AsyncStream<Void>.makeStream()
      let sources = cloud.sources { asks.yield() }
      let knowledge = cloud.knowledge(sources)
      #expect(try await ask("hound", knowledge, nil).mode == .words)
      try await cloud.objects.delete("documents/manifest.json", from: KnowledgeCloud.bucket)
      let meanwhile = try await ask("hound", knowledge, nil)
      #expect(meanwhile.mode == .stale && meanwhile.passages.count == 1)
      for await _ in asked { break }
      // Another sandbox, which has nothing in memory.
      let cold = try await ask("hound", cloud.knowledge(cloud.sources()), nil)
      #expect(cold.mode == .stale && cold.passages == [])
      _ = try await cloud.keeper().rebuild(until: soon())
      let after = try await ask("hound", knowledge, nil)
      #expect(after.mode == .words && after.passages.count == 1)
    }
  }

  @Test func `the packed index serves until the bucket has a newer one`() async throws {
    try await withTemporaryFolder { folder in
      try await withKnowledgeCloud { cloud in
        var base = SegmentBuilder()
        try base.add(
          Passage(id: "documents/a", source: "packed", title: "t", text: "The hound sleeps."))
        let file = try base.file()
        try Data(file).write(to: URL(filePath: "\(folder)/base.index"))
        let knowledge = cloud.knowledge(cloud.sources(base: "\(folder)/base.index"))
        #expect(try await ask("hound", knowledge, nil).passages.map(\.source) == ["packed"])
        // The manifest names the very file: it is not fetched. A later change of it wins.
        try await cloud.index.append(file)
        #expect(try await ask("hound", knowledge, nil).mode == .words)
        let item: Item = [
          "collection": "documents", "id": "a", "text": "The hound runs.",
          "source": "newer",
        ]
        _ = try await cloud.put(item)
        #expect(try await ask("hound", knowledge, nil).passages.map(\.source) == ["newer"])
      }
    }
  }

  @Test func `tenants, owners, types and tags are filters of the index`() async throws {
    try await withKnowledgeCloud { cloud in
      _ = try await cloud.put(cloud.item("all", "a shared secret", ["type": "note"]))
      _ = try await cloud.put(cloud.item("own", "a private secret", ["owner": "ana"]))
      _ = try await cloud.put(cloud.item("b", "another secret", tenant: "other"))
      _ = try await cloud.put(
        ["collection": "documents", "id": "x", "text": "an open secret", "tags": .list(["t"])])
      // Nobody owns what is everybody's.
      _ = try await cloud.put(
        ["collection": "documents", "id": "y", "text": "a stray secret", "owner": "ana"])
      func found(_ user: String, _ tenant: String) async throws -> Set<String> {
        Set(try await cloud.found("secret", user: user, tenant: tenant))
      }
      let everybody = "documents/x"
      #expect(
        try await found("ana", "acme")
          == [everybody, "documents#acme/all", "documents#acme/own"])
      #expect(try await found("bob", "acme") == [everybody, "documents#acme/all"])
      #expect(try await found("ana", "other") == [everybody, "documents#other/b"])
      let index = try await cloud.knowledge(cloud.sources()).current().index
      var filter = ana
      filter.types = ["note"]
      #expect(
        index.search("secret", limit: 9, filter: filter).map(\.passage.id)
          == ["documents#acme/all"])
      filter.types = nil
      filter.tags = ["t"]
      #expect(index.search("secret", limit: 9, filter: filter).map(\.passage.id) == [everybody])
    }
  }
}
