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
    phase = size == 0 ? .trailer : .data(left: size)
  }

  private mutating func readTrailer(_ text: String) throws(S3Error) {
    guard !text.isEmpty else {
      phase = .done
      return
    }
    guard let colon = text.firstIndex(of: ":"), trailers.count < Self.trailerLimit else {
      throw Self.broken
    }
    let value = text[text.index(after: colon)...].drop { $0 == " " }
    trailers.append(String(text[..<colon]), String(value))
  }

  private static var broken: S3Error {
    S3Error(
      "InvalidChunkSizeError", 400, "The body is not what its aws-chunked encoding promises")
  }
}
