package import Cloud
import Crypto
import Events
import JSON

/// Where the whole of a long turn is kept.
package struct ContentReference: Sendable, Equatable {
  /// The object's key.
  package var key: String
  /// Bytes of the texts in it.
  package var bytes: Int
}

/// What of a turn does not fit its item: an object in a bucket for each long turn.
///
/// Keys: `turns/TENANT/OWNER/CONVERSATION/MESSAGE-RANDOM`, tenant and owner as digests, so that all of
/// a tenant's, a person's and a conversation's objects have a beginning in common. An object is written
/// before the item that names it. One whose item was not written after all goes with the conversation.
package struct TurnContents: Sendable {
  /// Objects read or deleted at the same time.
  private static let sideBySide = 8
  /// What an answer or a question ends with whose rest is gone.
  package static let lostMark = "\n\n[The rest of this text is lost.]"

  let objects: Objects
  let bucket: String

  package init(_ objects: Objects, bucket: String) {
    var objects = objects
    objects.limit = 4 * Turn.longestText
    self.objects = objects
    self.bucket = bucket
  }

  /// What the keys of a conversation's objects begin with.
  func prefix(of id: ConversationID, tenant: String, owner: String) -> String {
    "\(Self.prefix(ofTenant: tenant))\(Self.name(owner))/\(id.text)/"
  }

  /// What the keys of a tenant's objects begin with.
  static func prefix(ofTenant tenant: String) -> String { "turns/\(name(tenant))/" }

  private static func name(_ text: String) -> String {
    String(Fingerprint(of: [Array(text.utf8)]).text.prefix(32))
  }

  // MARK: Writing

  /// Keeps the texts, sources and tool steps of a turn.
  func put(_ turn: Turn, of caller: Caller) async throws -> ContentReference {
    let random = RequestID.uuid().lowercased()
    let folder = prefix(of: turn.conversation, tenant: caller.tenant, owner: caller.owner)
    // A message's name is ours; another store's may hold anything.
    let reference = ContentReference(
      key: "\(folder)\(Self.name(turn.message))-\(random)",
      bytes: turn.question.utf8.count + turn.answer.utf8.count)
    try await objects.put(
      Self.text(of: turn).encoded(), as: reference.key, in: bucket, contentType: "application/json",
      if: .absent)
    return reference
  }

  /// Takes the words out of an object whose turn was not stored. Failing is no error: nobody can
  /// reach it, and it goes with the conversation.
  func empty(_ reference: ContentReference) async {
    _ = try? await objects.put([], as: reference.key, in: bucket)
  }

  /// Deletes everything that a conversation has here.
  func delete(_ id: ConversationID, of caller: Caller) async throws {
    let prefix = prefix(of: id, tenant: caller.tenant, owner: caller.owner)
    var after: String?
    repeat {
      let page = try await objects.keys(beginningWith: prefix, in: bucket, after: after)
      _ = try await sideBySide(page.keys) { try await objects.delete($0, from: bucket) }
      after = page.next
    } while after != nil
  }

  // MARK: Reading

  /// The turns with all that was said: those that are long are read from the bucket, at the same time.
  ///
  /// Where an object is gone, the turn says so in its text.
  func whole(_ turns: [Turn], tenant: String) async throws -> [Turn] {
    guard turns.contains(where: { $0.content != nil }) else { return turns }
    return try await sideBySide(turns) { try await whole($0, tenant: tenant) }
  }

  private func whole(_ turn: Turn, tenant: String) async throws -> Turn {
    guard let reference = turn.content else { return turn }
    var turn = turn
    let found: FoundObject =
      reference.key.hasPrefix(Self.prefix(ofTenant: tenant))
      ? try await objects.get(reference.key, from: bucket) : .absent
    guard case .object(let object) = found, turn.take(object.bytes) else {
      if turn.question.utf8.count >= StoredTurn.preview { turn.question += Self.lostMark }
      turn.answer += Self.lostMark
      return turn
    }
    return turn
  }

  private func sideBySide<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ body: @escaping @Sendable (Input) async throws -> Output
  ) async throws -> [Output] {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
      var outputs = [Output?](repeating: nil, count: inputs.count)
      for (place, input) in inputs.enumerated() {
        if place >= Self.sideBySide, let (done, output) = try await group.next() {
          outputs[done] = output
        }
        group.addTask { (place, try await body(input)) }
      }
      for try await (place, output) in group { outputs[place] = output }
      return outputs.compactMap { $0 }
    }
  }

  private static func text(of turn: Turn) -> JSONValue {
    [
      "question": .string(turn.question), "answer": .string(turn.answer),
      "sources": .array(
        turn.sources.map {
          ["source": .string($0.source), "title": .string($0.title), "type": .string($0.type)]
        }),
      "tools": .array(
        turn.tools.map {
          [
            "number": .int($0.number), "name": .string($0.name),
            "arguments": .string($0.arguments), "status": .string($0.status.rawValue),
          ]
        }),
    ]
  }
}

extension Turn {
  /// Takes what an object holds; false when it is none of ours.
  fileprivate mutating func take(_ bytes: [UInt8]) -> Bool {
    guard let value = try? JSONValue(parsing: bytes), let question = value["question"]?.string,
      let answer = value["answer"]?.string
    else { return false }
    self.question = question
    self.answer = answer
    sources = (value["sources"]?.array ?? []).compactMap { entry in
      guard let source = entry["source"]?.string, let title = entry["title"]?.string,
        let type = entry["type"]?.string
      else { return nil }
      return Source(source: source, title: title, type: type)
    }
    tools = (value["tools"]?.array ?? []).compactMap { entry in
      guard let number = entry["number"]?.int, let name = entry["name"]?.string,
        let arguments = entry["arguments"]?.string,
        let status = entry["status"]?.string.flatMap(ToolStep.Status.init)
      else { return nil }
      return ToolStep(number: number, name: name, arguments: arguments, status: status)
    }
    return true
  }
}

/// A turn as its item holds it.
enum StoredTurn {
  /// Bytes of an item from which on its content goes to the bucket. An item may have 400 KB
  /// (``ItemSize/limit``), but a write costs a unit for each KB of it, a read one for 4, and each turn
  /// reads the newest ones.
  static let longestItem = 32 * 1_024
  /// Bytes of a question and of an answer that stay in the item then: what a model sees of them again.
  static let preview = 8 * 1_024
  /// Bytes of a text without a bucket: what fits an item beside the other one.
  static let longestAlone = 128 * 1_024

  /// The turn without what does not fit.
  static func shortened(_ turn: Turn, to count: Int) -> Turn {
    var turn = turn
    turn.question = turn.question.prefix(utf8: count)
    turn.answer = turn.answer.prefix(utf8: count)
    turn.sources = []
    turn.tools = []
    return turn
  }
}
