/// One question with its answer, as it is kept.
package struct Turn: Sendable, Equatable {
  package enum Status: String, Sendable {
    case complete
    /// Cut at the longest length allowed.
    case length
    case filtered
    /// The person asked to stop.
    case stopped
    /// The connection, the provider or the time ended in the middle.
    case interrupted
  }

  /// Bytes of UTF-8 of each text kept in an item; an item holds 400 KB.
  package static let longestText = 128 * 1024

  package var conversation: ConversationID
  /// Counts the turns of a conversation from 1.
  package var number: Int
  package var message: String
  package var question: String
  package var answer: String
  package var status: Status
  package var sources: [Source]
  package var tools: [ToolStep]
  package var usage: Usage
  package var assistant: String
  package var model: String
  /// The version of the assistant; nil is the standard one.
  package var variant: String?
  package var askedAt: Timestamp
  package var answeredAt: Timestamp

  package init(
    conversation: ConversationID, number: Int, message: String, question: String, answer: String,
    status: Status, sources: [Source], tools: [ToolStep], usage: Usage, assistant: String,
    model: String, askedAt: Timestamp, answeredAt: Timestamp
  ) {
    self.conversation = conversation
    self.number = number
    self.message = message
    self.question = question.prefix(utf8: Self.longestText)
    self.answer = answer.prefix(utf8: Self.longestText)
    self.status = status
    self.sources = sources
    self.tools = tools
    self.usage = usage
    self.assistant = assistant
    self.model = model
    self.askedAt = askedAt
    self.answeredAt = answeredAt
  }
}

/// A conversation as lists show it.
package struct Conversation: Sendable, Equatable {
  package var id: ConversationID
  package var user: String
  package var tenant: String
  package var assistant: String
  package var title: String
  package var turns: Int
  package var usage: Usage
  package var createdAt: Timestamp
  package var updatedAt: Timestamp

  package init(
    id: ConversationID, user: String, tenant: String, assistant: String, title: String,
    turns: Int = 0, usage: Usage = Usage(), createdAt: Timestamp, updatedAt: Timestamp
  ) {
    self.id = id
    self.user = user
    self.tenant = tenant
    self.assistant = assistant
    self.title = title
    self.turns = turns
    self.usage = usage
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// A title from a first message: its first line, at most 80 characters, cut between words.
  package static func title(from message: String) -> String {
    let line = message.split(whereSeparator: \.isNewline).first { !$0.trimmed.isEmpty } ?? ""
    let words = line.trimmed
    guard words.count > 80 else { return String(words.filter { !$0.isControl }) }
    let cut = words.prefix(79)
    let end = cut.lastIndex(where: \.isWhitespace).map { cut[..<$0] } ?? cut
    return String((end.count >= 40 ? end : cut).filter { !$0.isControl }) + "…"
  }
}

extension Character {
  fileprivate var isControl: Bool {
    unicodeScalars.allSatisfy { $0.properties.generalCategory == .control }
  }
}

extension String {
  /// The longest beginning of at most `count` bytes that ends between characters.
  package func prefix(utf8 count: Int) -> String {
    guard utf8.count > count else { return self }
    var end = utf8.index(utf8.startIndex, offsetBy: max(0, count))
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil {
      end = utf8.index(before: end)
    }
    return String(self[..<end])
  }
}
