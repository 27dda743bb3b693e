import Events

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

  /// Bytes of UTF-8 of each text that is kept, in the item or, when it is long, in the bucket.
  package static let longestText = 1024 * 1024

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
  /// The number of the turn that this one follows, 0 at the beginning; nil is the one before it in
  /// number. A question asked again stands beside the first one: both follow the same turn.
  package var parent: Int?
  package var feedback: Feedback?
  /// Where all of it stands when the item holds its beginning alone.
  package var content: ContentReference?
  /// What was said up to this turn, this one included; only some turns have one.
  package var summary: ConversationSummary?
  /// What the question was about.
  package var intent: Intent?
  /// Who of the assistant's specialists answered; nil is the assistant as a whole.
  package var specialist: String?
  /// How the session stands from this turn on; nil is as before.
  package var session: Session.Status?
  /// What the person was asked to confirm.
  package var confirmation: ConfirmationRequest?
  /// The answer was made for somebody else before.
  package var isCached = false
  /// The place in the cache that it came from or went to.
  package var cacheEntry: String?

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

extension Turn {
  /// The number of the turn before it in the conversation; 0 when it is the first.
  package var before: Int { parent ?? number - 1 }

  /// Bytes of its question and answer, wherever they are kept.
  package var bytes: Int { content?.bytes ?? question.utf8.count + answer.utf8.count }
}

/// What a person thought of an answer.
package struct Feedback: Sendable, Equatable {
  package enum Thumb: String, Sendable, CaseIterable {
    case up
    case down
  }

  /// Unicode scalars of the text.
  package static let longestText = 2_000

  package var thumb: Thumb
  package var text: String?
  package var at: Timestamp

  package init(thumb: Thumb, text: String? = nil, at: Timestamp) {
    self.thumb = thumb
    self.text = text
    self.at = at
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
  package var status = Status.active
  /// What clients keep with it: names and JSON texts.
  package var metadata: [String: String] = [:]
  /// The number of the turn that the next one follows; nil is the newest.
  package var head: Int?
  /// Counts changes of turns that are there already.
  package var revision = 0
  /// The newest ones, the oldest of them first.
  package var sessions: [Session] = []
  /// Its turns by what they were about.
  package var intents: [String: Int] = [:]
  /// Since when a person is waited for; nil when nobody is.
  package var escalatedAt: Timestamp?
  var asRead = AsRead()

  /// The item that was read, if one was. No part of what a conversation is: all are equal.
  struct AsRead: Sendable, Equatable {
    var item: Item?

    static func == (one: AsRead, other: AsRead) -> Bool { true }
  }

  package enum Status: String, Sendable, CaseIterable {
    case active
    case archived
    /// Nothing more is said in it.
    case closed
  }

  /// Unicode scalars.
  package static let longestTitle = 255
  /// What a conversation is called until its first exchange.
  package static let newTitle = "New conversation"

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

  /// A title from a first exchange: the question, or the answer when the question says too little
  /// (`hi`).
  package static func title(question: String, answer: String) -> String {
    let own = title(from: question)
    guard own.count < 4 || greetings.contains(own.lowercased().filter { $0.isLetter || $0 == " " })
    else { return own }
    let said = title(from: String(answer.drop { "#*_>- \n".contains($0) }))
    return said.isEmpty ? own : said
  }

  private static let greetings: Set<String> = [
    "hello", "hello there", "hey there", "hi there", "good morning", "good evening", "good day",
    "こんにちは", "こんばんは", "おはよう", "おはようございます", "hallo", "guten tag", "bonjour", "hola",
  ]

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
