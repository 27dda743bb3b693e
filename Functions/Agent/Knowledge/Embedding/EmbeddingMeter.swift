import Synchronization

/// The tokens that one piece of work used for embeddings, by whom they are for.
///
/// Whoever begins the work reads it at the end, whether the work failed or not: what was asked of a
/// provider is paid for, whatever became of it.
package final class EmbeddingMeter: Sendable {
  private let counted = Mutex<[(caller: Caller, tokens: Int)]>([])

  package init() {}

  package func add(_ tokens: Int, for caller: Caller) {
    guard tokens > 0 else { return }
    counted.withLock { counted in
      if let place = counted.firstIndex(where: { $0.caller == caller }) {
        counted[place].tokens += tokens
      } else {
        counted.append((caller, tokens))
      }
    }
  }

  /// What was counted so far, everybody once, in the order in which they came.
  package var uses: [(caller: Caller, usage: Usage)] {
    counted.withLock { counted in counted.map { ($0.caller, Usage(input: $0.tokens)) } }
  }
}

extension Caller {
  /// To whom the vectors of a tenant's documents are charged: they are nobody's question.
  package static func ingestion(of tenant: String) -> Caller {
    Caller(user: "(ingestion)", tenant: tenant)
  }
}
