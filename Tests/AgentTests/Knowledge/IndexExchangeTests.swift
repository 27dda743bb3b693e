import Cloud
import Events
import Foundation
import JSON
import Support
import Testing

@testable import Agent

/// The index as files of FAISS, out and in again.
@Suite struct IndexExchangeTests {
  private func soon() -> ContinuousClock.Instant { .now + .seconds(30) }

  private func exchange(_ cloud: KnowledgeCloud, _ embedder: EmbedderID?) -> IndexExchange {
    IndexExchange(
      store: cloud.store, table: KnowledgeCloud.table, objects: cloud.objects,
      bucket: KnowledgeCloud.bucket, index: cloud.index, embedder: embedder)
  }

  private func object(_ key: String, _ cloud: KnowledgeCloud) async throws -> [UInt8] {
    guard case .object(let object) = try await cloud.objects.get(key, from: KnowledgeCloud.bucket)
    else { throw IndexError.unreadable(key) }
    return object.bytes
  }

  @Test func `what is exported comes back as it was`() async throws {
    try await withKnowledgeCloud { cloud in
      let embedder = TopicEmbedder()
      let texts = ["A dog barks.", "A car honks.", "Soup is hot.", "A dog in a car."]
      for (number, text) in texts.enumerated() {
        let more: Item = number == 0 ? ["owner": "ana", "tags": .list(["pets"])] : [:]
        _ = try await cloud.put(cloud.item("p\(number)", text, more), embedder)
      }
      _ = try await cloud.put(cloud.item("words", "No vector at all."))
      let exchange = exchange(cloud, embedder.id)
      #expect(try await exchange.export(to: "documents/out", as: .flat) == 4)
      let file = try FAISSFile(try await object("documents/out/index.faiss", cloud))
      #expect(file.dimension == 8 && file.ids == [0, 1, 2, 3])

      try await withKnowledgeCloud { other in
        for name in ["index.faiss", "passages.jsonl"] {
          try await other.objects.put(
            try await object("documents/out/\(name)", cloud), as: "documents/in/\(name)",
            in: KnowledgeCloud.bucket)
        }
        let target = self.exchange(other, embedder.id)
        #expect(try await target.import(from: "documents/in") == 4)
        let summary = try await other.keeper(embedder).rebuild(until: soon())
        #expect(summary.passages == 4 && summary.vectors == 4)
        #expect(embedder.texts == 4)
        #expect(try await other.found("dog", user: "bob") == ["documents#acme/p3"])
        #expect(try await Set(other.found("dog")) == ["documents#acme/p0", "documents#acme/p3"])
      }
    }
  }

  @Test func `refuses what does not fit, before anything is written`() async throws {
    try await withKnowledgeCloud { cloud in
      let id = TopicEmbedder().id
      func put(_ vectors: [[Float]], _ lines: String) async throws {
        let file = FAISSFile(dimension: vectors[0].count, vectors: vectors)
        try await cloud.objects.put(
          file.encoded(as: .flat), as: "documents/in/index.faiss", in: KnowledgeCloud.bucket)
        try await cloud.objects.put(
          Array(lines.utf8), as: "documents/in/passages.jsonl", in: KnowledgeCloud.bucket)
      }
      func refuses(_ problem: IndexExchange.Problem, _ embedder: EmbedderID?) async {
        await #expect(throws: problem) { () async throws in
          _ = try await exchange(cloud, embedder).import(from: "documents/in")
        }
      }
      let row = [Float](repeating: 0.5, count: 8)
      let good = #"{"row":0,"id":"a","text":"x"}"#
      await refuses(.noEmbedder, nil)
      await refuses(.absent(key: "documents/in/index.faiss"), id)
      try await put([[1, 0, 0]], good)
      await refuses(.otherDimension(3, expected: 8), id)
      try await put([row], good + "\n" + #"{"row":1,"id":"b","text":"y"}"#)
      await refuses(.line(2, "the index has no such row"), id)
      let noPassage = "a passage has a text, and an owner only with a tenant"
      try await put([row], #"{"row":0,"id":"b","text":" "}"#)
      await refuses(.line(1, noPassage), id)
      try await put([row], #"{"row":0,"id":"b","text":"y","owner":"ana"}"#)
      await refuses(.line(1, noPassage), id)
      let left = try await cloud.store.scan(Scan(KnowledgeCloud.table)).items
      #expect(left.isEmpty)
    }
  }
}
