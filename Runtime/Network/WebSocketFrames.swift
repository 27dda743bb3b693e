import Crypto

/// The client's side of WebSocket framing (RFC 6455 §5): rules without a connection.
struct WebSocketFrames {
  enum Message: Equatable {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong
    /// The status code, 1005 when there was none (§7.1.5).
    case close(Int)
  }

  enum Violation: Error, Equatable {
    case tooLong
    case masked
    case reserved
    case fragmentation
    case notText
  }

  /// Longest message that is taken, in bytes (API Gateway: 128 KB).
  let limit: Int
  private var buffer: [UInt8] = []
  private var fragments: [UInt8] = []
  private var isText: Bool?

  init(limit: Int = 1 << 20) { self.limit = limit }

  /// Text as one masked frame.
  static func text(_ text: String) -> [UInt8] { frame(1, Array(text.utf8)) }

  static func pong(_ payload: [UInt8]) -> [UInt8] { frame(10, payload) }

  static func close(_ code: Int) -> [UInt8] {
    frame(8, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)])
  }

  private static func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var bytes = [0x80 | opcode]
    switch payload.count {
    case ..<126: bytes.append(0x80 | UInt8(payload.count))
    case ..<65_536:
      bytes += [0xFE, UInt8(payload.count >> 8), UInt8(truncatingIfNeeded: payload.count)]
    default:
      bytes.append(0xFF)
      bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
    }
    let mask = Random.bytes(4)
    bytes += mask
    bytes += payload.enumerated().map { $1 ^ mask[$0 & 3] }
    return bytes
  }

  mutating func take(_ bytes: some Sequence<UInt8>) { buffer += bytes }

  /// The next whole message; nil until more bytes have come.
  mutating func next() throws(Violation) -> Message? {
    while let (head, payload) = try nextFrame() {
      let isLast = head & 0x80 != 0
      switch head & 0x0F {
      case 0:
        guard let isText else { throw .fragmentation }
        fragments += payload
        guard fragments.count <= limit else { throw .tooLong }
        if isLast { return try finish(isText) }
      case 1, 2:
        guard isText == nil else { throw .fragmentation }
        isText = head & 0x0F == 1
        fragments = payload
        if isLast { return try finish(head & 0x0F == 1) }
      case 8 where payload.count >= 2: return .close(Int(payload[0]) << 8 | Int(payload[1]))
      case 8: return .close(1005)
      case 9: return .ping(payload)
      case 10: return .pong
      default: throw .reserved
      }
    }
    return nil
  }

  private mutating func finish(_ isText: Bool) throws(Violation) -> Message {
    self.isText = nil
    defer { fragments = [] }
    guard isText else { return .binary(fragments) }
    guard let text = String(validating: fragments, as: UTF8.self) else { throw .notText }
    return .text(text)
  }

  private mutating func nextFrame() throws(Violation) -> (UInt8, [UInt8])? {
    guard buffer.count >= 2 else { return nil }
    guard buffer[0] & 0x70 == 0 else { throw .reserved }
    guard buffer[1] & 0x80 == 0 else { throw .masked }
    var length = Int(buffer[1])
    var start = 2
    if length >= 126 {
      let digits = length == 126 ? 2 : 8
      start += digits
      guard buffer.count >= start else { return nil }
      guard digits == 2 || buffer[2...5].allSatisfy({ $0 == 0 }) else { throw .tooLong }
      length = buffer[2..<start].reduce(0) { $0 << 8 | Int($1) }
    }
    // A control frame is short and whole (§5.5).
    guard buffer[0] & 0x08 == 0 || length < 126 && buffer[0] & 0x80 != 0 else { throw .reserved }
    guard length <= limit else { throw .tooLong }
    guard buffer.count >= start + length else { return nil }
    defer { buffer.removeFirst(start + length) }
    return (buffer[0], Array(buffer[start..<start + length]))
  }
}
