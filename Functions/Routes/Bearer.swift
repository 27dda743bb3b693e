import Events

/// The token that a client shows, and the subprotocol to answer with.
///
/// Browsers cannot set `Authorization` on a WebSocket: their token comes in the list of
/// `Sec-WebSocket-Protocol`, as `bearer.TOKEN` or alone, and they insist on an answer from the list.
/// A token in the address is not taken: addresses end up in logs.
struct Bearer: Equatable {
  let token: String
  /// The first entry of the client's list that is not the token; nil without one.
  let subprotocol: String?

  /// nil when there is no token.
  init?(headers: [String: String]) {
    let entries = (headers.header("sec-websocket-protocol") ?? "").split(separator: ",")
      .map { String($0.trimmingBlanks) }.filter { !$0.isEmpty }
    let carrier =
      entries.first { $0.hasPrefix(Self.prefix) } ?? entries.first(where: Self.isToken)
    let shown = carrier.map { $0.hasPrefix(Self.prefix) ? String($0.dropFirst(7)) : $0 }
    guard let token = Self.authorization(headers) ?? shown, !token.isEmpty else { return nil }
    self.token = token
    subprotocol = entries.first { $0 != carrier }
  }

  private static let prefix = "bearer."

  /// `Bearer TOKEN`; the scheme in any case (RFC 9110 §11.1).
  static func authorization(_ headers: [String: String]) -> String? {
    guard let value = headers.header("authorization") else { return nil }
    let parts = value.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
  }

  /// Three parts of base64url, the first one an object's beginning (RFC 7515 §3.1).
  private static func isToken(_ text: String) -> Bool {
    text.hasPrefix("eyJ") && text.split(separator: ".", omittingEmptySubsequences: false).count == 3
  }
}
