import Cloud
import Synchronization

@testable import Agent

/// A wall clock that a test moves.
final class MovedClock: Sendable {
  private let time = Mutex(Timestamp(milliseconds: 1_795_255_200_000))

  var now: Timestamp { time.withLock { $0 } }

  func move(seconds: Int64) { time.withLock { $0.milliseconds += seconds * 1_000 } }
}

/// The caches of several sandboxes on one table.
struct TestCaches: Sendable {
  let store: Store
  let clock = MovedClock()
  var life = Duration.seconds(3_600)

  static let name = "martlet-cache"

  var table: CacheTable {
    CacheTable(store, table: Self.name, patience: .seconds(300)) { Array("a key".utf8) }
  }

  var questions: FrequentQuestions {
    FrequentQuestions(table: table) { [clock] in clock.now }
  }

  /// A sandbox of its own.
  func sandbox(counts: Bool = true, counter: CacheCounter? = nil) -> AnswerCache {
    AnswerCache(
      table: table, memory: MemoryCache(), life: life, questions: counts ? questions : nil,
      counter: counter
    ) { [clock] in clock.now }
  }

  func services(_ counter: CacheCounter? = nil) -> ServiceCache {
    ServiceCache(table: table, memory: MemoryCache(), life: life, counter: counter) {
      [clock] in clock.now
    }
  }
}

extension AnswerSubject {
  static func test(
    _ question: String = "What is 語?", tenant: String = "acme", assistant: String = "p",
    _ circumstances: String...
  ) -> AnswerSubject {
    AnswerSubject(
      tenant: tenant, assistant: assistant, circumstances: circumstances, question: question)
  }
}

extension CachedAnswer {
  static func test(_ text: String, id: String = "m-1") -> CachedAnswer {
    CachedAnswer(
      id: id, text: text, sources: [Source(source: "s", title: "t", type: "word")],
      model: "scripted/1", madeAt: Timestamp(milliseconds: 1))
  }
}
