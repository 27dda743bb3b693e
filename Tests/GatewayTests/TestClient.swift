import Glibc
import Support

struct ClientError: Error, CustomStringConvertible {
  let description: String
}

/// A plain socket that speaks HTTP/1.1 and RFC 6455 as a client: enough to see bytes.
final class TestClient {
  struct Answer {
    let status: Int
    let head: String
    let body: String

    func header(_ name: String) -> String? {
      for line in head.split(separator: "\r\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == name.lowercased() {
          return String(parts[1].drop { $0 == " " })
        }
      }
      return nil
    }
  }

  enum Frame: Equatable {
    case text(String)
    case close(code: Int)
    case other(opcode: UInt8)
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private let port: UInt16

  init(port: UInt16) throws {
    self.port = port
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw ClientError(description: "cannot connect: \(errno)") }
  }

  deinit { Glibc.close(descriptor) }

  /// Breaks the connection without a word.
  func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func write(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        try await Task.sleep(for: .milliseconds(2))
      } else {
        throw ClientError(description: "cannot send: \(errno)")
      }
    }
  }

  /// Waits until there are so many bytes, or as many as there will be.
  private func fill(_ enough: ([UInt8]) -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(30)
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while !enough(buffer) {
      let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        buffer += chunk[..<count]
      } else if count == 0 {
        throw ClientError(description: "the connection has ended")
      } else {
        guard ContinuousClock.now < end else { throw ClientError(description: "no answer in 30 s") }
        try await Task.sleep(for: .milliseconds(1))
      }
    }
  }

  // MARK: HTTP

  func request(
    _ line: String, _ headers: [String] = [], body: [UInt8] = [], host: String? = nil
  ) async throws -> Answer {
    var text = "\(line) HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(port)")\r\n"
    for header in headers { text += header + "\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.count)\r\n" }
    try await write(Array((text + "\r\n").utf8) + body)
    return try await answer()
  }

  /// The next bytes, as text.
  func read(_ count: Int) async throws -> String {
    try await fill { $0.count >= count }
    defer { buffer.removeFirst(count) }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  private func answer() async throws -> Answer {
    try await fill { Self.headEnd($0) != nil }
    guard let end = Self.headEnd(buffer) else { throw ClientError(description: "no head") }
    let head = String(decoding: buffer[..<end], as: UTF8.self)
    buffer.removeFirst(end + 4)
    let status = Int(head.dropFirst("HTTP/1.1 ".count).prefix(3)) ?? 0
    let partial = Answer(status: status, head: head, body: "")
    let length = partial.header("Content-Length").flatMap { Int($0) } ?? 0
    try await fill { $0.count >= length }
    let body = String(decoding: buffer[..<length], as: UTF8.self)
    buffer.removeFirst(length)
    return Answer(status: status, head: head, body: body)
  }

  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (0...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) }
  }

  // MARK: WebSocket

  /// Asks for the upgrade; the answer is a 101, or why not.
  func upgrade(_ path: String, _ headers: [String] = [], host: String? = nil) async throws -> Answer
  {
    try await request(
      "GET \(path)",
      [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ] + headers, host: host)
  }

  func send(_ text: String, opcode: UInt8 = 1) async throws {
    try await send(Array(text.utf8), opcode: opcode)
  }

  func send(_ payload: [UInt8], opcode: UInt8) async throws {
    var frame: [UInt8] = [0x80 | opcode]
    if payload.count < 126 {
      frame.append(0x80 | UInt8(payload.count))
    } else {
      frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    }
    let mask: [UInt8] = [1, 2, 3, 4]
    frame += mask
    frame += payload.enumerated().map { $0.element ^ mask[$0.offset & 3] }
    try await write(frame)
  }

  func close(code: Int) async throws {
    try await send([UInt8(code >> 8), UInt8(code & 255)], opcode: 8)
  }

  func next() async throws -> Frame {
    try await fill { $0.count >= 2 }
    var length = Int(buffer[1] & 127)
    var header = 2
    if length == 126 {
      try await fill { $0.count >= 4 }
      length = Int(buffer[2]) << 8 | Int(buffer[3])
      header = 4
    } else if length == 127 {
      try await fill { $0.count >= 10 }
      length = buffer[2..<10].reduce(0) { $0 << 8 | Int($1) }
      header = 10
    }
    try await fill { $0.count >= header + length }
    let opcode = buffer[0] & 15
    let payload = Array(buffer[header..<header + length])
    buffer.removeFirst(header + length)
    switch opcode {
    case 1: return .text(String(decoding: payload, as: UTF8.self))
    case 8: return .close(code: payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1]))
    default: return .other(opcode: opcode)
    }
  }

  /// The next text frame.
  func text() async throws -> String {
    guard case .text(let text) = try await next() else {
      throw ClientError(description: "no text frame")
    }
    return text
  }
}
