import Crypto
import Server

/// Takes an `aws-chunked` body apart: sizes in hexadecimal with an optional signature, data, and
/// trailing fields behind the last chunk. Fed in any pieces.
///
/// Source: Amazon S3 API reference, "Signature calculations: transferring payload in chunks".
struct ChunkedUpload: Sendable {
  private enum Phase {
    case size
    case data(left: Int)
    case dataEnd
    case trailer
    case done
  }

  private static let lineLimit = 8_192
  private static let trailerLimit = 32
  private var phase = Phase.size
  private var line: [UInt8] = []
  private(set) var trailers = HTTPHeaders()
  private var signed: SignedChunks?

  /// `signing` makes the signatures that the chunks have to carry; nil looks at none.
  init(_ signing: ChunkSigning? = nil) {
    signed = signing.map { SignedChunks(signing: $0) }
  }

  /// True once the last chunk and its trailer were read.
  var isComplete: Bool {
    if case .done = phase { true } else { false }
  }

  /// Appends the data within `bytes` to `output`.
  mutating func decode(_ bytes: [UInt8], into output: inout [UInt8]) throws(S3Error) {
    var position = 0
    while position < bytes.count {
      switch phase {
      case .data(let left):
        let count = min(left, bytes.count - position)
        output += bytes[position..<(position + count)]
        signed?.hash.update(bytes[position..<(position + count)])
        position += count
        phase = count == left ? .dataEnd : .data(left: left - count)
      case .done: throw Self.broken
      case .size, .dataEnd, .trailer:
        let end = bytes[position...].firstIndex(of: 0x0a)
        line += bytes[position..<(end ?? bytes.count)]
        guard line.count <= Self.lineLimit else { throw Self.broken }
        position = end.map { $0 + 1 } ?? bytes.count
        if end != nil { try endLine() }
      }
    }
  }

  private mutating func endLine() throws(S3Error) {
    guard line.last == 0x0d else { throw Self.broken }
    let text = String(decoding: line.dropLast(), as: UTF8.self)
    line.removeAll(keepingCapacity: true)
    switch phase {
    case .size: try beginChunk(text)
    case .dataEnd:
      guard text.isEmpty else { throw Self.broken }
      try signed?.endChunk()
      phase = .size
    case .trailer: try readTrailer(text)
    case .data, .done: throw Self.broken
    }
  }

  private mutating func beginChunk(_ text: String) throws(S3Error) {
    let digits = text.prefix { $0 != ";" }
    guard !digits.isEmpty, digits.allSatisfy(\.isHexDigit), let size = Int(digits, radix: 16) else {
      throw Self.broken
    }
    signed?.signature =
      text.split(separator: ";").dropFirst().lazy
      .compactMap { $0.hasPrefix("chunk-signature=") ? String($0.dropFirst(16)) : nil }.first
    if size == 0 { try signed?.endChunk() }
    phase = size == 0 ? .trailer : .data(left: size)
  }

  private mutating func readTrailer(_ text: String) throws(S3Error) {
    guard !text.isEmpty else {
      try signed?.endTrailer()
      phase = .done
      return
    }
    guard let colon = text.firstIndex(of: ":"), trailers.count < Self.trailerLimit else {
      throw Self.broken
    }
    let value = text[text.index(after: colon)...].drop { $0 == " " }
    let name = String(text[..<colon])
    if name.lowercased() == "x-amz-trailer-signature" {
      signed?.trailerSignature = String(value)
    } else {
      signed?.trailer += "\(name):\(value)\n"
      trailers.append(name, String(value))
    }
  }

  private static var broken: S3Error {
    S3Error(
      "InvalidChunkSizeError", 400, "The body is not what its aws-chunked encoding promises")
  }
}

/// The signatures of the chunks and of the trailer, each made over the one before.
private struct SignedChunks: Sendable {
  var signing: ChunkSigning
  var hash = SHA256()
  var signature: String?
  var trailer = ""
  var trailerSignature: String?

  init(signing: ChunkSigning) { self.signing = signing }

  mutating func endChunk() throws(S3Error) {
    var sum = hash
    hash = SHA256()
    guard let signature, signing.accepts(signature, hash: sum.finish()) else { throw Self.mismatch }
  }

  mutating func endTrailer() throws(S3Error) {
    guard !trailer.isEmpty else { return }
    guard let trailerSignature, signing.accepts(trailerSignature, trailer: trailer) else {
      throw Self.mismatch
    }
  }

  private static let mismatch = S3Error(
    "SignatureDoesNotMatch", 403,
    "The request signature we calculated does not match the signature you provided. Check your key "
      + "and signing method.")
}

extension S3Request {
  /// What the signatures of a body's chunks are made with; nil when they are not checked.
  var chunkSigning: ChunkSigning? {
    guard case .signed(let verified) = caller,
      headers["x-amz-content-sha256"]?.hasPrefix("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") ?? false
    else { return nil }
    return ChunkSigning(
      verified.signing, at: verified.signature.time, seed: verified.signature.signature)
  }
}
