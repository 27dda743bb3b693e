import Crypto

/// A message that has been checked: 1 to `limit` Unicode scalars of any script, not only white space.
///
/// Scalars, because their number is the same for every reader and bounds the bytes (4 each); what
/// looks like one character may consist of many. The text is kept as it was written.
package struct MessageText: Sendable, Equatable {
  package static let limit = 4_000
  package let text: String

  package init(_ text: String, limit: Int = MessageText.limit) throws(AgentError) {
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace && $0 != "\0" }) else {
      throw .messageEmpty
    }
    guard text.unicodeScalars.dropFirst(limit).isEmpty else { throw .messageTooLong(limit: limit) }
    self.text = text
  }
}

/// The name of a conversation, made here and unguessable; a client can only repeat it.
package struct ConversationID: Sendable, Hashable, CustomStringConvertible {
  package let text: String

  /// Nil for what cannot be one of ours: 1 to 64 letters, digits and hyphens.
  package init?(_ text: String) {
    let isName = text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
    }
    guard isName, (1...64).contains(text.utf8.count) else { return nil }
    self.text = text
  }

  /// Made from what makes a message unique, so that a message delivered twice starts one conversation.
  init(startedBy key: MessageKey) { text = "c-" + key.digest("conversation") }

  package var description: String { text }
}

/// What a message is recognised by when it is delivered again.
///
/// `scope` is the connection that first carried it, `id` is the client's own name for it.
package struct MessageKey: Sendable, Hashable {
  package var owner: String
  package var scope: String
  package var id: String

  package init(caller: Caller, connection: String, message: String) {
    owner = caller.owner
    scope = connection
    id = message
  }

  /// The name of the answer: 32 hexadecimal digits that nobody can guess from another one.
  package var messageID: String { "m-" + digest("message") }

  /// 128 bits of a digest over all parts, each with its length.
  func digest(_ purpose: String) -> String {
    var hash = SHA256()
    for part in [purpose, owner, scope, id] { hash.update("\(part.utf8.count):\(part)") }
    return Hex.encode(Array(hash.finish().prefix(16)))
  }
}

/// One message of a caller, ready to be answered.
package struct Question: Sendable {
  package var caller: Caller
  package var key: MessageKey
  package var text: MessageText
  /// Nil starts a new conversation.
  package var conversation: ConversationID?
  /// The version of the assistant that must answer; nil leaves it to the feature flags.
  package var variant: String?
  /// The answer whose question this one takes the place of: edited, or asked once more. What was said
  /// from there on stays stored, beside what is said now.
  package var replacing: String?
  /// Who the client wants to be answered by; nil leaves it to the engine.
  package var agent: AgentName?
  /// The answer to a question for a yes.
  package var decision: Decision?
  /// The answer has to be made anew, whatever is in the cache.
  package var isFresh = false

  package init(
    caller: Caller, key: MessageKey, text: MessageText, conversation: ConversationID? = nil,
    replacing: String? = nil
  ) {
    self.caller = caller
    self.key = key
    self.text = text
    self.conversation = conversation
    self.replacing = replacing
  }
}

extension Question {
  /// The answer to what was asked, as a message: the same one by whichever way it comes, so that it
  /// is answered once.
  package init(
    _ decision: Decision, about confirmation: Confirmation, languages: [String], caller: Caller
  ) throws(AgentError) {
    let asked = confirmation.calls.map(\.summary).joined()
    let words = FixedWords(language: FixedLanguage(of: asked, among: languages))
    self.init(
      caller: caller,
      key: MessageKey(caller: caller, connection: "confirm", message: confirmation.id),
      text: try MessageText(words.decision(isApproved: decision.isApproved)),
      conversation: confirmation.conversation)
    variant = confirmation.variant
    self.decision = decision
  }

  /// The conversation it belongs to, or the one that it starts.
  package var conversationID: ConversationID { conversation ?? ConversationID(startedBy: key) }
}

extension MessageKey {
  /// A name for a person that is always the same and says nothing about them.
  static func pseudonym(of caller: Caller) -> String {
    MessageKey(caller: caller, connection: "", message: "").digest("pseudonym")
  }
}

extension Caller {
  /// A name for the person that is always the same and says nothing about them.
  package var pseudonym: String { MessageKey.pseudonym(of: self) }
}
