package import Cloud
import Crypto
import Events

/// Questions for a yes, in the table of claims: key `claim` (`confirm#owner#id`).
///
/// The owner is part of the key: nobody finds somebody else's question, whatever id they name.
package struct StoredConfirmations: Sendable {
  /// How long an answered question is remembered beyond its time, in milliseconds.
  private static let memory: Int64 = 24 * 3_600_000

  let store: Store
  let table: String

  package init(_ store: Store, table: String) {
    self.store = store
    self.table = table
  }

  /// What became of a decision.
  enum Verdict: Sendable, Equatable {
    case approved(Confirmation)
    case refused(Confirmation)
    /// The decision came too late.
    case expired(Confirmation)
    /// The caller has no such question in the conversation.
    case notFound
    /// Another message has decided before.
    case decided
  }

  static func newID() -> String { Hex.encode(Random.bytes(16)) }

  func ask(_ confirmation: Confirmation, of caller: Caller) async throws {
    var item = key(confirmation.id, caller)
    item.merge(confirmation.item) { $1 }
    let end = (confirmation.validUntil.milliseconds + Self.memory) / 1_000
    item["expiresAt"] = AttributeValue(Int(end))
    try await store.put(item, into: table, if: .absent("claim"))
  }

  /// Nil when the caller has no such question.
  package func find(_ id: String, of caller: Caller) async throws -> Confirmation? {
    guard Self.isID(id) else { return nil }
    return try await store.get(key(id, caller), from: table).flatMap { Confirmation($0) }
  }

  /// Decides once: the first message that does is the only one. The same message may come again, after
  /// a failure in the middle.
  func decide(
    _ decision: Decision, by message: String, in conversation: ConversationID, of caller: Caller,
    at now: Timestamp
  ) async throws -> Verdict {
    guard let found = try await find(decision.confirmation, of: caller),
      found.conversation == conversation
    else { return .notFound }
    let wanted: Confirmation.State = decision.isApproved ? .approved : .refused
    if found.state != .pending {
      guard found.decidedBy == message, found.state == wanted else { return .decided }
      return Self.verdict(found)
    }
    guard now < found.validUntil else { return .expired(found) }
    do {
      _ = try await store.update(
        key(found.id, caller), in: table,
        [
          .set("state", .string(wanted.rawValue)), .set("decidedBy", .string(message)),
        ], if: .equals("state", .string(Confirmation.State.pending.rawValue)))
    } catch StoreError.conditionFailed {
      return .decided
    }
    var decided = found
    decided.state = wanted
    decided.decidedBy = message
    return Self.verdict(decided)
  }

  /// Keeps what the calls came to, so that they are not made again.
  func keep(
    _ outcomes: [Confirmation.Outcome], of confirmation: Confirmation, _ caller: Caller
  ) async throws {
    _ = try await store.update(
      key(confirmation.id, caller), in: table,
      [.set("outcomes", .list(outcomes.map(\.attribute)))], if: .exists("claim"))
  }

  private static func verdict(_ confirmation: Confirmation) -> Verdict {
    confirmation.state == .approved ? .approved(confirmation) : .refused(confirmation)
  }

  private static func isID(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private func key(_ id: String, _ caller: Caller) -> Item {
    ["claim": .string(ComposedKey.join("confirm", caller.owner, id))]
  }
}

// MARK: Items

extension Confirmation {
  fileprivate var item: Item {
    var item: Item = [
      "id": .string(id), "conversation": .string(conversation.text), "turn": .string(turn),
      "assistant": .string(assistant), "calls": .list(calls.map(\.attribute)),
      "validUntil": .string(validUntil.iso), "state": .string(state.rawValue),
    ]
    item["specialist"] = specialist.map { .string($0) }
    item["variant"] = variant.map { .string($0) }
    return item
  }

  fileprivate init?(_ item: Item) {
    guard let id = item["id"]?.string,
      let conversation = item["conversation"]?.string.flatMap({ ConversationID($0) }),
      let turn = item["turn"]?.string, let assistant = item["assistant"]?.string,
      let validUntil = item["validUntil"]?.string.flatMap({ Timestamp(iso: $0) }),
      let state = item["state"]?.string.flatMap({ State(rawValue: $0) })
    else { return nil }
    self.init(
      id: id, conversation: conversation, turn: turn, assistant: assistant,
      specialist: item["specialist"]?.string, variant: item["variant"]?.string,
      calls: (item["calls"]?.list ?? []).compactMap { Call($0) }, validUntil: validUntil,
      state: state, decidedBy: item["decidedBy"]?.string,
      outcomes: item["outcomes"]?.list.map { $0.compactMap { Outcome($0) } })
  }
}

extension Confirmation.Call {
  fileprivate var attribute: AttributeValue {
    var members: [String: AttributeValue] = [
      "id": .string(call.id), "name": .string(call.name), "arguments": .string(call.arguments),
      "number": AttributeValue(number), "summary": .string(summary),
    ]
    members["signature"] = call.signature.map { .string($0) }
    return .map(members)
  }

  fileprivate init?(_ attribute: AttributeValue) {
    guard let id = attribute["id"]?.string, let name = attribute["name"]?.string,
      let arguments = attribute["arguments"]?.string, let number = attribute["number"]?.int,
      let summary = attribute["summary"]?.string
    else { return nil }
    self.init(
      call: ToolCall(
        id: id, name: name, arguments: arguments, signature: attribute["signature"]?.string),
      number: number, summary: summary)
  }
}

extension Confirmation.Outcome {
  fileprivate var attribute: AttributeValue {
    ["content": .string(content), "isError": .boolean(isError)]
  }

  fileprivate init?(_ attribute: AttributeValue) {
    guard let content = attribute["content"]?.string, let isError = attribute["isError"]?.boolean
    else { return nil }
    self.init(content: content, isError: isError)
  }
}

extension ConfirmationRequest {
  var attribute: AttributeValue {
    [
      "id": .string(id), "validUntil": .string(validUntil.iso),
      "calls": .list(
        calls.map {
          [
            "name": .string($0.name), "summary": .string($0.summary),
            "arguments": .string($0.arguments),
          ]
        }),
    ]
  }

  init?(_ attribute: AttributeValue) {
    guard let id = attribute["id"]?.string,
      let validUntil = attribute["validUntil"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    let calls = (attribute["calls"]?.list ?? []).compactMap { call -> Call? in
      guard let name = call["name"]?.string, let summary = call["summary"]?.string,
        let arguments = call["arguments"]?.string
      else { return nil }
      return Call(name: name, summary: summary, arguments: arguments)
    }
    self.init(id: id, calls: calls, validUntil: validUntil)
  }
}
