import Cloud
import Events

/// What a sandbox has read of conversations: the turns that a model sees again, and pages of lists.
///
/// Each reader asks for the conversation's item first, as without a cache. The item has a stamp that
/// every write changes, in whichever sandbox it happens; turns are taken from here only if they were
/// read under the same one. So nobody misses what was written, their own words least of all.
package struct ConversationCache: Sendable {
  let memory: MemoryCache
  let counter: CacheCounter?
  /// How long the turns of a conversation, and pages of its messages, are kept.
  private let conversations: Duration
  private let messages: Duration
  private let now: @Sendable () -> Timestamp

  package init(
    memory: MemoryCache, conversations: Duration, messages: Duration,
    counter: CacheCounter? = nil, now: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.memory = memory
    self.conversations = conversations
    self.messages = messages
    self.counter = counter
    self.now = now
  }

  /// Which turns.
  enum Part {
    /// The newest of a branch, as many as these.
    case newest(Int)
    /// A page of a list, by all that decides on it.
    case page(String)

    fileprivate var name: String {
      switch self {
      case .newest(let count): "newest \(count)"
      case .page(let name): "page \(name)"
      }
    }

    fileprivate var kind: CacheCounts.Kind {
      if case .newest = self { .conversations } else { .messages }
    }
  }

  /// Whether anything is kept that a stamp could confirm: then it is worth reading the stamp alone.
  func mayKnow(_ part: Part, of id: ConversationID, tenant: String) -> Bool {
    memory[name(part, id, tenant), at: now()] != nil
  }

  func find(
    _ part: Part, of id: ConversationID, tenant: String, stamp: String
  ) -> KnownTurns? {
    let name = name(part, id, tenant)
    guard case .turns(let known)? = memory[name, at: now()], known.stamp == stamp else {
      counter?.add(part.kind, .none)
      return nil
    }
    counter?.add(part.kind, .memory)
    return known
  }

  func keep(_ known: KnownTurns, as part: Part, of id: ConversationID, tenant: String) {
    let life = part.kind == .messages ? messages : conversations
    guard life > .zero else { return }
    let bytes = known.turns.reduce(0) { $0 + $1.question.utf8.count + $1.answer.utf8.count + 500 }
    memory.set(
      name(part, id, tenant), .turns(known), size: bytes,
      expiresAt: Timestamp(milliseconds: now().milliseconds + Int64(life / .milliseconds(1))))
  }

  private func name(_ part: Part, _ id: ConversationID, _ tenant: String) -> String {
    ComposedKey.join("turns", tenant, id.text, part.name)
  }
}

/// Turns as they were when the conversation had this stamp.
struct KnownTurns: Sendable {
  var stamp: String
  var turns: [Turn]
  /// Behind what the next page begins.
  var next: Item?
}
