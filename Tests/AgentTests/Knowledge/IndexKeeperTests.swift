import Cloud
import Events
import Support
import Testing

@testable import Agent

/// The index follows the table: changes, compaction, rebuilding.
@Suite struct IndexKeeperTests {
  private func soon() -> ContinuousClock.Instant { .now + .seconds(30) }

  @Test func `takes over what is put, changed and removed`() async throws {
    try await withKnowledgeCloud { cloud in
      let one = cloud.item("a", "Pets sleep outside.")
      let summary = try await cloud.put(one)
      #expect(summary == IndexKeeper.Summary(passages: 1, segments: 1))
      #expect(try await cloud.found("pets") == ["documents#acme/a"])
      _ = try await cloud.put(cloud.item("a", "Horses sleep inside."))
      #expect(try await cloud.found("pets") == [])
      #expect(try await cloud.found("horses") == ["documents#acme/a"])
      let removed = try await cloud.keeper().apply([.removed(one)], until: soon())
      #expect(removed.removed == 1)
      #expect(try await cloud.found("horses") == [])
    }
  }

  @Test func `the last change of a batch counts, and a batch may come twice`() async throws {
    try await withKnowledgeCloud { cloud in
      let changes: [IndexKeeper.Change] = [
        .put(cloud.item("a", "first words")), .removed(cloud.item("a", "")),
        .put(cloud.item("a", "second words")), .put(cloud.item("b", "gone words")),
        .removed(cloud.item("b", "")), .put(cloud.item("c", "  ")),
        .put(["collection": "words", "id": "x", "text": "another collection's words"]),
      ]
      for _ in 0..<2 {
        let summary = try await cloud.keeper().apply(changes, until: soon())
        #expect(summary.refused == ["documents#acme/c"])
        #expect(try await cloud.found("words") == ["documents#acme/a"])
      }
      #expect(try await cloud.index.manifest()?.manifest.segments.count == 1)
    }
  }

  @Test func `many small segments become few, and nothing is lost or comes back`() async throws {
    try await withKnowledgeCloud { cloud in
      var base = SegmentBuilder()
      for number in 0..<400 {
        try base.add(
          Passage(id: "documents#acme/p\(number)", source: "s", title: "t", text: "stone \(number)")
        )
      }
      try await cloud.index.append(base.file())
      for number in 0..<24 {
        let item = cloud.item("p\(number)", "water \(number)")
        if number.isMultiple(of: 3) {
          _ = try await cloud.keeper().apply([.removed(item)], until: soon())
        } else {
          _ = try await cloud.put(item)
        }
        let count = try await cloud.index.manifest()?.manifest.segments.count ?? 0
        #expect(count <= 9)
      }
      #expect(try await cloud.found("water").count == 10)
      for gone in [0, 3, 21] {
        #expect(try await !cloud.found("stone \(gone)").contains("documents#acme/p\(gone)"))
      }
      #expect(try await cloud.found("stone 399").first == "documents#acme/p399")
      // Above a quarter of the first everything is written anew.
      for number in 0..<4 {
        let changes = (0..<40).map {
          IndexKeeper.Change.put(cloud.item("n\(number)-\($0)", "fresh"))
        }
        _ = try await cloud.keeper().apply(changes, until: soon())
      }
      let manifest = try #require(try await cloud.index.manifest()).manifest
      #expect(manifest.segments[0].count > 400)
      #expect(try await !cloud.found("stone 3").contains("documents#acme/p3"))
    }
  }

  @Test func `is made anew from the table, without what is gone`() async throws {
    try await withKnowledgeCloud { cloud in
      _ = try await cloud.put(cloud.item("a", "Pets sleep outside."))
      _ = try await cloud.put(cloud.item("b", "Horses eat hay."))
      try await cloud.store.delete(
        ["collection": .string(Documents.collection(of: "acme")), "id": "b"],
        from: KnowledgeCloud.table)
      try await cloud.objects.delete("documents/manifest.json", from: KnowledgeCloud.bucket)
      let summary = try await cloud.keeper().rebuild(until: soon())
      #expect(summary.passages == 1 && summary.segments == 1)
      #expect(try await cloud.found("pets") == ["documents#acme/a"])
      #expect(try await cloud.found("horses") == [])
    }
  }

  @Test func `a rebuild gives items the vectors that they lack, of the embedder of today`()
    async throws
  {
    try await withKnowledgeCloud { cloud in
      let (old, new) = (TopicEmbedder(version: "1"), TopicEmbedder(version: "2"))
      _ = try await cloud.library(old).add(
        .init(id: "d", source: "s", title: "t", text: "A dog barks."), tenant: "acme",
        until: soon())
      let words = try await cloud.keeper(new).rebuild(until: soon())
      #expect(words.passages == 1 && words.vectors == 1 && new.texts == 1)
      let item = try await cloud.store.get(
        ["collection": "documents#acme", "id": "d#00000"], from: KnowledgeCloud.table)
      #expect(item?["embedder"]?.string == "test/topics#2#8")
      // Now every item has one: nothing is embedded again, and the index has it.
      let again = try await cloud.keeper(new).rebuild(until: soon())
      #expect(again.vectors == 1 && new.texts == 1)
      let manifest = try #require(try await cloud.index.manifest()).manifest
      #expect(try await cloud.index.index(manifest.segments).embedders == [new.id])
    }
  }

  @Test func `an embedder that is down costs vectors, not passages`() async throws {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      embedder.isDown = true
      let summary = try await cloud.put(cloud.item("a", "A dog barks."), embedder)
      #expect(summary.embedderFailed && summary.passages == 1 && summary.vectors == 0)
      #expect(try await cloud.found("dog") == ["documents#acme/a"])
      let rebuilt = try await cloud.keeper(embedder).rebuild(until: soon())
      #expect(rebuilt.embedderFailed && rebuilt.passages == 1)
    }
  }

  @Test func `writers at once lose nothing`() async throws {
    try await withKnowledgeCloud { cloud in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask { _ = try await cloud.put(cloud.item("w\(number)", "together \(number)")) }
        }
        try await group.waitForAll()
      }
      #expect(try await Set(cloud.found("together")).count == 6)
    }
  }
}
