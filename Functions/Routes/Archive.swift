import Agent
import Events

/// Stored conversations, as they are read: DynamoDB in a function, memory in a test.
///
/// Lists are newest first.
protocol Archive: Sendable {
  func conversations(
    ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation>

  func conversations(
    ofOwner owner: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation>

  /// nil when the tenant has no such conversation.
  func conversation(
    _ id: ConversationID, ofTenant tenant: String
  ) async throws -> Conversation?

  /// Conversations in which a person is waited for, the longest wait first.
  func escalated(
    inTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation>

  /// The turns of a conversation that was found before.
  func turns(
    of id: ConversationID, ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Turn>
}

/// Which part of a list is wanted.
struct PageRequest: Sendable, Equatable {
  static let limits = 1...1000
  static let standard = 100

  var limit = Self.standard
  /// The key behind which the page begins; nil for the first page.
  var after: Item?
}

/// A part of a list.
struct ArchivePage<Element: Sendable>: Sendable {
  let elements: [Element]
  /// Where the next part begins; nil when this is the last one.
  let next: Item?
}

/// A tenant's conversations in numbers.
struct TenantStatistics: Sendable {
  /// Conversations that are read for it at the most.
  static let limit = 10_000

  private(set) var conversations = 0
  private(set) var turns = 0
  private(set) var usage = Usage()
  /// The newest session of each conversation, by how it stands.
  private(set) var sessions: [Session.Status: Int] = [:]
  private(set) var byAssistant: [String: Int] = [:]
  /// Turns by what they were about.
  private(set) var intents: [String: Int] = [:]
  private(set) var lastUpdate: Timestamp?
  /// False when there are more conversations than `limit`: the numbers are of the newest.
  private(set) var isComplete = true
  private var users: Set<String> = []

  var userCount: Int { users.count }

  private let now: Timestamp
  private let rules: SessionRules

  init(
    of tenant: String, in archive: any Archive, at now: Timestamp, _ rules: SessionRules
  ) async throws {
    self.now = now
    self.rules = rules
    var request = PageRequest(limit: 1000)
    repeat {
      let page = try await archive.conversations(ofTenant: tenant, request)
      for conversation in page.elements { add(conversation) }
      request.after = page.next
    } while request.after != nil && conversations < Self.limit
    isComplete = request.after == nil
  }

  private mutating func add(_ conversation: Conversation) {
    conversations += 1
    turns += conversation.turns
    usage = usage + conversation.usage
    users.insert(conversation.user)
    byAssistant[conversation.assistant, default: 0] += 1
    for (name, count) in conversation.intents { intents[name, default: 0] += count }
    if let session = conversation.sessions.last {
      sessions[session.status(at: now, rules), default: 0] += 1
    }
    lastUpdate = max(lastUpdate ?? conversation.updatedAt, conversation.updatedAt)
  }
}
