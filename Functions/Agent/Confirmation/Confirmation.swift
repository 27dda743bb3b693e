package import JSON

/// Writing calls of a turn that wait for the person's yes.
///
/// The turn ends with asking. What is carried out after a yes is what stands here, argument for
/// argument, whatever the model says by then.
package struct Confirmation: Sendable, Equatable {
  package struct Call: Sendable, Equatable {
    package var call: ToolCall
    /// Counts the calls of the turn that wished for it: part of the idempotency key.
    package var number: Int
    /// What will happen, in words for the person.
    package var summary: String
  }

  /// What a call came to.
  package struct Outcome: Sendable, Equatable {
    package var content: String
    package var isError: Bool
  }

  package enum State: String, Sendable {
    case pending
    case approved
    case refused
  }

  /// How long a question for a yes stands, in milliseconds.
  package static let life: Int64 = 10 * 60_000

  /// 32 random hexadecimal digits.
  package var id: String
  package var conversation: ConversationID
  /// The message whose answer asked.
  package var turn: String
  package var assistant: String
  package var specialist: String?
  package var variant: String?
  package var calls: [Call]
  package var validUntil: Timestamp
  package var state = State.pending
  /// The message that decided.
  package var decidedBy: String?
  /// What the calls came to, once they were made.
  package var outcomes: [Outcome]?
}

/// What a person is asked to confirm, as clients are told and turns remember it.
package struct ConfirmationRequest: Sendable, Equatable {
  package struct Call: Sendable, Equatable {
    package var name: String
    package var summary: String
    /// The arguments as compact JSON, shortened.
    package var arguments: String

    package init(name: String, summary: String, arguments: String) {
      self.name = name
      self.summary = summary
      self.arguments = arguments
    }
  }

  /// Bytes of arguments that are shown beside the summary.
  private static let longestArguments = 200

  package var id: String
  package var calls: [Call]
  package var validUntil: Timestamp

  package init(id: String, calls: [Call], validUntil: Timestamp) {
    self.id = id
    self.calls = calls
    self.validUntil = validUntil
  }

  init(_ confirmation: Confirmation) {
    self.init(
      id: confirmation.id,
      calls: confirmation.calls.map {
        Call(
          name: $0.call.name.prefix(utf8: 64), summary: $0.summary,
          arguments: $0.call.arguments.prefix(utf8: Self.longestArguments))
      }, validUntil: confirmation.validUntil)
  }

  package var json: JSONValue {
    [
      "id": .string(id), "expiresAt": .string(validUntil.iso),
      "calls": .array(
        calls.map {
          [
            "name": .string($0.name), "summary": .string($0.summary),
            "arguments": .string($0.arguments),
          ]
        }),
    ]
  }
}

/// A person's answer to a question for a yes.
package struct Decision: Sendable, Equatable {
  package var confirmation: String
  package var isApproved: Bool

  package init(_ confirmation: String, isApproved: Bool) {
    self.confirmation = confirmation
    self.isApproved = isApproved
  }

  /// What a message says that is nothing but a yes or a no; nil for any other.
  static func isApproved(_ text: String) -> Bool? {
    let words = PlainWords(text).text
    if yes.contains(words) { return true }
    return no.contains(words) ? false : nil
  }

  private static let yes: Set<String> = [
    "yes", "yes please", "y", "ok", "okay", "confirm", "i confirm", "yes do it", "do it",
    "go ahead", "yes go ahead", "はい", "はい お願いします", "お願いします", "はい お願い", "うん", "確認しました",
    "ok お願いします", "はい どうぞ",
  ]
  private static let no: Set<String> = [
    "no", "no thanks", "no thank you", "n", "cancel", "don't", "do not", "no don't", "いいえ",
    "いいえ 結構です", "結構です", "やめて", "やめてください", "キャンセル", "いや", "いらない",
  ]
}
