/// Signatures of the chunks of an upload whose payload hash is `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`
/// (with or without `-TRAILER`): each is made over the one before.
///
/// Source: Amazon S3 API reference, "Signature calculations: transferring payload in chunks".
package struct ChunkSigning: Sendable {
  private let key: [UInt8]
  private let time: String
  private let scope: String
  private var previous: String

  /// - Parameters:
  ///   - signing: Who signed the request's headers.
  ///   - time: When.
  ///   - seed: The signature of the headers.
  package init(_ signing: RequestSigning, at time: SigningTime, seed: String) {
    key = signing.key(at: time)
    self.time = time.text
    scope = signing.scope(at: time)
    previous = seed
  }

  /// The signature of the next chunk; the last one is empty.
  package mutating func sign(_ chunk: [UInt8]) -> String {
    sign(chunkHash: SignedPayload.bytes(chunk).hash)
  }

  /// The signature of the next chunk, whose SHA-256 in hexadecimal is known.
  private mutating func sign(chunkHash: String) -> String {
    sign("AWS4-HMAC-SHA256-PAYLOAD", [SignedPayload.emptyHash, chunkHash])
  }

  /// The signature of the trailer behind the last chunk: lines `name:value`, each with its `\n`.
  package mutating func sign(trailer: String) -> String {
    sign("AWS4-HMAC-SHA256-TRAILER", [Hex.encode(SHA256.digest(trailer))])
  }

  /// Whether `signature` is the one of the next chunk.
  package mutating func accepts(_ signature: String, for chunk: [UInt8]) -> Bool {
    isEqualInConstantTime(sign(chunk), signature)
  }

  /// The same for a chunk that was hashed while it came in.
  package mutating func accepts(_ signature: String, hash: [UInt8]) -> Bool {
    isEqualInConstantTime(sign(chunkHash: Hex.encode(hash)), signature)
  }

  /// Whether `signature` is the one of the trailer's lines.
  package mutating func accepts(_ signature: String, trailer: String) -> Bool {
    isEqualInConstantTime(sign(trailer: trailer), signature)
  }

  private mutating func sign(_ algorithm: String, _ hashes: [String]) -> String {
    let text = ([algorithm, time, scope, previous] + hashes).joined(separator: "\n")
    previous = Hex.encode(HMAC<SHA256>.code(for: text, key: key))
    return previous
  }
}
