import Foundation
import Glibc
import Server

/// Runs blocking work on a thread of its own, so that no test holds a thread of the pool.
func onThread<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws
  -> Result
{
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
  }
}

struct ClientError: Error, CustomStringConvertible {
  var description: String
}

/// A plain TCP client that sends exactly what it is told and shows exactly what comes back.
final class Client: Sendable {
  let descriptor: Int32

  init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
    }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw ClientError(description: "connect: errno \(errno)") }
  }

  deinit {
    Glibc.close(descriptor)
  }

  /// Sends all bytes; false when the server is gone.
  @discardableResult
  func send(_ bytes: [UInt8]) async throws -> Bool {
    try await onThread { [self] in sendNow(bytes) }
  }

  @discardableResult
  func send(_ text: String) async throws -> Bool {
    try await send(Array(text.utf8))
  }

  func sendNow(_ bytes: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: start), bytes.count - start,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      start += count
    }
    return true
  }

  /// Bytes that are there, at least one; empty at the end or after a reset.
  func receiveNow(_ limit: Int = 65_536) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = recv(descriptor, &buffer, limit, 0)
    if count < 0, errno == EAGAIN { throw ClientError(description: "nothing came in 60 s") }
    return Array(buffer.prefix(max(0, count)))
  }

  func receive(_ limit: Int = 65_536) async throws -> [UInt8] {
    try await onThread { [self] in try receiveNow(limit) }
  }

  /// Everything until the server closes.
  func receiveAll() async throws -> [UInt8] {
    try await onThread { [self] in
      var all: [UInt8] = []
      while true {
        let part = try receiveNow()
        if part.isEmpty { return all }
        all += part
      }
    }
  }

  /// Exactly so many bytes, or fewer at the end.
  func receive(exactly count: Int) async throws -> [UInt8] {
    try await onThread { [self] in
      var all: [UInt8] = []
      while all.count < count {
        let part = try receiveNow(count - all.count)
        if part.isEmpty { break }
        all += part
      }
      return all
    }
  }

  /// The next answer, by its own framing.
  func receiveAnswer(toHead: Bool = false) async throws -> Answer {
    try await onThread { [self] in try receiveAnswerNow(toHead: toHead) }
  }

  private func receiveAnswerNow(toHead: Bool) throws -> Answer {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
      let byte = try receiveNow(1)
      guard !byte.isEmpty else { throw ClientError(description: "the end inside a head") }
      head += byte
    }
    var answer = Answer(head: String(decoding: head, as: UTF8.self))
    if toHead || answer.status < 200 || answer.status == 204 || answer.status == 304 {
      return answer
    }
    if let length = answer["Content-Length"].flatMap({ Int($0) }) {
      while answer.body.count < length {
        let part = try receiveNow(length - answer.body.count)
        guard !part.isEmpty else { throw ClientError(description: "the end inside a body") }
        answer.body += part
      }
    } else if answer["Transfer-Encoding"] == "chunked" {
      try receiveChunks(&answer)
    }
    return answer
  }

  private func receiveChunks(_ answer: inout Answer) throws {
    while true {
      let size = try receiveLine()
      guard let count = Int(size, radix: 16) else {
        throw ClientError(description: "chunk size \(size)")
      }
      var part: [UInt8] = []
      while part.count < count {
        let piece = try receiveNow(count - part.count)
        guard !piece.isEmpty else { throw ClientError(description: "the end inside a chunk") }
        part += piece
      }
      answer.body += part
      guard count > 0 else { break }
      answer.chunks += 1
      guard try receiveLine().isEmpty else { throw ClientError(description: "chunk end") }
    }
    while true {
      let line = try receiveLine()
      if line.isEmpty { return }
      answer.trailers.append(line)
    }
  }

  private func receiveLine() throws -> String {
    var line: [UInt8] = []
    while !line.suffix(2).elementsEqual([13, 10]) {
      let byte = try receiveNow(1)
      guard !byte.isEmpty else { throw ClientError(description: "the end inside a line") }
      line += byte
    }
    return String(decoding: line.dropLast(2), as: UTF8.self)
  }

  /// True when something can be read, or the end was reached, within so many milliseconds.
  func hasBytes(within milliseconds: Int32) async throws -> Bool {
    try await onThread { [self] in
      var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&watched, 1, milliseconds) > 0
    }
  }

  func endSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Ends the connection with a reset.
  func reset() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}

struct Answer: Sendable {
  var head: String
  var body: [UInt8] = []
  var chunks = 0
  var trailers: [String] = []

  init(head: String) {
    self.head = head
  }

  var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
  var text: String { String(decoding: body, as: UTF8.self) }

  subscript(name: String) -> String? {
    for line in head.components(separatedBy: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.first?.lowercased() == name.lowercased() {
        return parts.last?.trimmingCharacters(in: .whitespaces)
      }
    }
    return nil
  }
}

/// A server for the time of one test.
struct TestServer {
  private var configuration = ServerConfiguration()
  private let handler: HTTPServer.Handler

  init(
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    handler: @escaping HTTPServer.Handler
  ) {
    self.handler = handler
    configure(&configuration)
  }

  /// Runs it while `body` does, which gets its port.
  func run(_ body: (UInt16) async throws -> Void) async throws {
    let loop = try EventLoop()
    let server = try await HTTPServer.start(configuration, on: loop, handler: handler)
    do {
      try await body(server.port)
    } catch {
      await server.stop(within: .milliseconds(10))
      loop.end()
      throw error
    }
    await server.stop(within: .milliseconds(500))
    loop.end()
  }
}

/// A value that tests and handlers share.
actor Shared<Value: Sendable> {
  private(set) var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func change(_ body: @Sendable (inout Value) -> Void) {
    body(&value)
  }
}

func text(_ status: Int, _ text: String) -> HTTPAnswer {
  .response(HTTPResponse(status: status, text: text))
}

/// Answers `/health`, echoes bodies, opens `/ws` for our own origin.
@Sendable func sample(_ request: HTTPRequest) async -> HTTPAnswer {
  switch (request.method, request.path) {
  case ("GET", "/health"), ("HEAD", "/health"): return text(200, "ok")
  case ("POST", "/echo"):
    do {
      let body = try await request.body.collect(upTo: 1 << 30)
      return .response(HTTPResponse(status: 200, body: .bytes(body)))
    } catch {
      return text(400, "\(error)")
    }
  case ("GET", "/ws"):
    guard request.headers["Origin"].map({ $0 == "http://a" }) ?? true else {
      return text(403, "foreign origin")
    }
    guard request.wantsWebSocket else { return text(400, "no upgrade") }
    return .webSocket(WebSocketUpgrade { await echo($0) })
  case ("GET", _): return text(404, "nothing here")
  default: return text(405, "not allowed")
  }
}

@Sendable func echo(_ socket: WebSocketConnection) async {
  for await message in socket.messages {
    do {
      switch message {
      case .text(let text): try await socket.send(text: text)
      case .binary(let bytes): try await socket.send(binary: bytes)
      }
    } catch {
      return
    }
  }
}
