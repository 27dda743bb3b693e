import Crypto

/// What is written down about one call of a tool: never its arguments, only a digest of them.
package struct ToolAudit: Sendable, Equatable {
  package var tool: String
  package var idempotencyKey: String
  /// `ok`, the code of an error, or `confirmation_requested`.
  package var outcome: String
  package var duration: Duration
  /// 128 bits of SHA-256 over the arguments as the model wrote them, in hexadecimal.
  package var argumentDigest: String

  init(call: ToolCall, key: String, outcome: String, duration: Duration) {
    // A model may wish for a tool of any name.
    tool = call.name.prefix(utf8: 64)
    idempotencyKey = key
    self.outcome = outcome
    self.duration = duration
    argumentDigest = Hex.encode(Array(SHA256.digest(call.arguments).prefix(16)))
  }

  /// The same for the same call of the same turn, however often it is delivered.
  static func key(_ turn: String, _ number: Int) -> String { "\(turn)#\(number)" }
}
