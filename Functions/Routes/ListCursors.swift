import Agent
import Cloud
import Events
import JSON

/// The cursors of one list: good only for the caller who got them, and for the same query.
struct ListCursors: Sendable {
  private let cursor: Cursor
  private let caller: String
  private let query: String

  /// `secret` is the token key. `query` names the list with everything that chooses its elements.
  init(secret: [UInt8], caller: Caller, query: String...) throws {
    try self.init(secret: secret, caller: caller, query: query)
  }

  init(secret: [UInt8], caller: Caller, query: [String]) throws {
    cursor = try Cursor(key: secret)
    self.caller = ComposedKey.join(caller.role.rawValue, caller.tenant, caller.user)
    self.query = ComposedKey.join(query)
  }

  func text(for position: Item) -> String {
    cursor.text(for: position, caller: caller, query: query)
  }

  /// Throws `Refusal.invalid` for anything that was not made for this caller and query.
  func position(of text: String) throws(Refusal) -> Item {
    do throws(CursorError) {
      return try cursor.start(of: text, caller: caller, query: query)
    } catch {
      throw .invalid("cursor", "cursor", "It is none that was given for this list.")
    }
  }
}

extension PageRequest {
  /// Reads `limit` and `cursor` of a request.
  init(
    _ event: HTTPEvent, _ cursors: ListCursors, standard: Int = Self.standard
  ) throws(Refusal) {
    let parameters = event.queryStringParameters ?? [:]
    limit = standard
    if let text = parameters["limit"] {
      guard let limit = Int(text), Self.limits.contains(limit) else {
        throw Refusal.invalid(
          "limit", "range",
          "It must be a whole number from \(Self.limits.lowerBound) to "
            + "\(Self.limits.upperBound).")
      }
      self.limit = limit
    }
    if let text = parameters["cursor"], !text.isEmpty { after = try cursors.position(of: text) }
  }
}
