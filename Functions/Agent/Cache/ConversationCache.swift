import Cloud
import Events
import Synchronization

/// What a sandbox has read of conversations: the turns that a model sees again, and pages of lists.
///
/// Each reader asks for the conversation's item first, as without a cache. The item has a stamp that
/// every write changes, in whichever sandbox it happens; turns are taken from here only if they were
/// read under the same one. So nobody misses what was written, their own words least of all.
package final class ConversationCache: Sendable {
  let memory: MemoryCache
  let counter: CacheCounter?
  /// How long the turns of a conversation, and pages of its messages, are kept.
  private let conversations: Duration
  private let messages: Duration
  private let now: @Sendable () -> Timestamp
  /// How many of the newest turns readers ask for: one number for each kind of assistant.
  private let sizes = Mutex<Set<Int>>([])

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

  /// Nil when it was not read, or when the conversation is another one since.
  func find(_ part: Part, of conversation: Conversation) -> KnownTurns? {
    let name = name(part, conversation.id, conversation.tenant)
    guard case .turns(let known)? = memory[name, at: now()], known.stamp == conversation.stamp
    else {
      counter?.add(part.kind, .none)
      return nil
    }
    counter?.add(part.kind, .memory)
    return known
  }

  /// Keeps what was read of a conversation as it is.
  func keep(
    _ found: StoredConversations.Part<Turn>, as part: Part, of conversation: Conversation
  ) {
    keep(
      KnownTurns(stamp: conversation.stamp, turns: found.elements, next: found.next), as: part,
      of: conversation.id, tenant: conversation.tenant)
  }

  private func keep(_ known: KnownTurns, as part: Part, of id: ConversationID, tenant: String) {
    let life = part.kind == .messages ? messages : conversations
    guard life > .zero else { return }
    if case .newest(let count) = part { sizes.withLock { _ = $0.insert(count) } }
    let bytes = known.turns.reduce(0) { $0 + $1.question.utf8.count + $1.answer.utf8.count + 500 }
    memory.set(
      name(part, id, tenant), .turns(known), size: bytes,
      expiresAt: Timestamp(milliseconds: now().milliseconds + Int64(life / .milliseconds(1))))
  }

  /// Adds a turn that was stored behind the newest ones which are known here.
  func follow(_ turn: Turn, after before: Conversation?, tenant: String) {
    // A turn that stands elsewhere in the tree begins another branch.
    guard let before, turn.parent == nil, before.head ?? before.turns == turn.number - 1 else {
      return
    }
    var after = before
    after.turns = turn.number
    after.head = turn.number
    for count in sizes.withLock({ $0 }) {
      let name = name(.newest(count), turn.conversation, tenant)
      guard case .turns(let known)? = memory[name, at: now()], known.stamp == before.stamp else {
        continue
      }
      // Newest first.
      let turns = Array(([turn] + known.turns).prefix(count))
      keep(
        KnownTurns(stamp: after.stamp, turns: turns, next: nil), as: .newest(count),
        of: turn.conversation, tenant: tenant)
    }
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

extension Conversation {
  /// Changes with every write that changes what its turns are.
  var stamp: String { "\(turns) \(head ?? turns) \(revision)" }
}
