import Agent
import Events
import JSON
import LambdaRuntime

/// `/api/v1/context`: what is remembered about the caller, to read, to change and to forget.
struct ContextRoutes: Sendable {
  let context: StoredContext
  let vectors: TurnVectors
  let now: Timestamp

  func answer(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    switch request.operation {
    case .getContext:
      let entries = try await context.entries(of: caller, at: now)
      return .json(["entries": .array(entries.map(Self.view))])
    case .setContext:
      let entry = try entry(request, event)
      do {
        try await context.set(entry, of: caller, at: now)
      } catch let refusal as StoredContext.Refusal {
        guard case .tooMany(let limit) = refusal else { throw refusal }
        throw Refusal.conflict(
          code: "too_many", "There is room for \(limit) entries; forget one before.")
      }
      return .json(Self.view(entry))
    case .removeContext:
      let name = try request.parameter("key")
      guard try await context.remove(try kind(request), name, of: caller) else {
        throw Refusal.notFound
      }
      return .noContent
    default:
      _ = try await context.removeAll(of: caller)
      try await vectors.remove(of: caller)
      return .noContent
    }
  }

  /// `/api/v1/settings`.
  func settings(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    guard request.operation == .setSettings else {
      return .json(Self.view(try await context.settings(of: caller)))
    }
    var fields = try BodyFields(event, headers: event.headers)
    let allows = fields.flag("searchByMeaning", isRequired: true)
    try fields.finish()
    guard let allows else { throw Refusal.internalError }
    let settings = PersonSettings(searchByMeaning: allows)
    try await context.set(settings, of: caller)
    // What was made of their words goes with the permission.
    if !allows { try await vectors.remove(of: caller) }
    return .json(Self.view(settings))
  }

  private static func view(_ settings: PersonSettings) -> JSONValue {
    ["searchByMeaning": .bool(settings.searchByMeaning)]
  }

  private func kind(_ request: APIRequest) throws(Refusal) -> ContextEntry.Kind {
    guard let kind = ContextEntry.Kind(rawValue: try request.parameter("kind")) else {
      throw .notFound
    }
    return kind
  }

  private func entry(_ request: APIRequest, _ event: HTTPEvent) throws(Refusal) -> ContextEntry {
    let kind = try kind(request)
    let name = try request.parameter("key")
    var fields = try BodyFields(event, headers: event.headers)
    let value = fields.text("value", 1...ContextEntry.longestValue, isRequired: true, lines: true)
    let life = fields.whole("expiresIn", 1...Int(ContextEntry.longestLife))
    let isName = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    if !isName || !(1...ContextEntry.longestKey).contains(name.unicodeScalars.count) {
      fields.note(
        "key", "length",
        "A name has 1 to \(ContextEntry.longestKey) characters, without control characters.")
    }
    try fields.finish()
    let seconds = life.map { Int64($0) } ?? (kind == .state ? ContextEntry.stateLife : nil)
    // Kept to the second, as the table counts.
    let expires = seconds.map { Timestamp(milliseconds: (now.milliseconds / 1_000 + $0) * 1_000) }
    return ContextEntry(
      kind: kind, key: name, value: value ?? "", updatedAt: now, expiresAt: expires)
  }

  private static func view(_ entry: ContextEntry) -> JSONValue {
    [
      "kind": .string(entry.kind.rawValue), "key": .string(entry.key),
      "value": .string(entry.value), "updatedAt": .string(entry.updatedAt.iso),
      "expiresAt": entry.expiresAt.map { .string($0.iso) } ?? .null,
    ]
  }
}
