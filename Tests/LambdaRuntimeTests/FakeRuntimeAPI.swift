import Foundation

/// A request as the fake Runtime API received it.
struct FakeRequest: Sendable {
  var line: String
  /// Names in lower case.
  var fields: [String: String]
  var body: [UInt8]
  var trailers: [String: String] = [:]

  var path: String { String(line.split(separator: " ")[1]) }
  var text: String { String(decoding: body, as: UTF8.self) }
}

/// What the fake does after a request.
enum FakeReply: Sendable {
  /// Sends these bytes, in pieces of this size.
  case bytes([UInt8], pieces: Int = .max)
  /// Sends these bytes and closes.
  case last([UInt8])
  case close
  /// Leaves the client waiting.
  case silence

  static func text(_ text: String) -> FakeReply { .bytes(Array(text.utf8)) }
}

/// A Runtime API that answers as a test says: plain sockets, one thread a connection.
final class FakeRuntimeAPI: Sendable {
  private struct State {
    var requests: [FakeRequest] = []
    var open: [Int32] = []
    var isOver = false
    var accepted = 0
  }

  let port: Int
  private let listener: Int32
  private let state = Locked(State())
  private let answer: @Sendable (FakeRequest, _ number: Int) -> FakeReply

  /// `answer` gets each request with its number, from 0.
  init(
    host: String = "127.0.0.1", port: Int = 0,
    _ answer: @escaping @Sendable (FakeRequest, _ number: Int) -> FakeReply
  ) {
    self.answer = answer
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = inet_addr(host)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(listener, generic, size) == 0, "bind")
        precondition(listen(listener, 128) == 0, "listen")
        getsockname(listener, generic, &size)
      }
    }
    self.port = Int(UInt16(bigEndian: address.sin_port))
    Foundation.Thread.detachNewThread { [self] in accept() }
  }

  var endpointText: String { "127.0.0.1:\(port)" }

  var requests: [FakeRequest] { state.withLock { $0.requests } }

  var connections: Int { state.withLock { $0.accepted } }

  /// Requests whose path ends so.
  func requests(to ending: String) -> [FakeRequest] {
    requests.filter { $0.path.hasSuffix(ending) }
  }

  /// Closes everything: whoever still waits sees the end.
  func stop() {
    let open = state.withLock { state in
      let open = state.isOver ? [] : state.open + [listener]
      state.isOver = true
      return open
    }
    for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
  }

  private func accept() {
    while true {
      let descriptor = Foundation.accept(listener, nil, nil)
      guard descriptor >= 0 else { break }
      let isOver = state.withLock { state in
        state.open.append(descriptor)
        state.accepted += 1
        return state.isOver
      }
      if isOver { shutdown(descriptor, Int32(SHUT_RDWR)) }
      Foundation.Thread.detachNewThread { [self] in
        serve(descriptor)
        state.withLock { $0.open.removeAll { $0 == descriptor } }
        close(descriptor)
      }
    }
    close(listener)
  }

  private func serve(_ descriptor: Int32) {
    var input = FakeInput(descriptor: descriptor)
    while let request = input.request() {
      let number = state.withLock { state in
        state.requests.append(request)
        return state.requests.count - 1
      }
      switch answer(request, number) {
      case .bytes(let bytes, let pieces):
        guard send(bytes, pieces: pieces, to: descriptor) else { return }
      case .last(let bytes):
        _ = send(bytes, pieces: .max, to: descriptor)
        return
      case .close:
        return
      case .silence:
        continue
      }
    }
  }

  private func send(_ bytes: [UInt8], pieces: Int, to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(pieces)
      let count = piece.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// Reads requests from a socket: fixed and chunked bodies, trailers.
private struct FakeInput {
  let descriptor: Int32
  private var input: [UInt8] = []

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  mutating func request() -> FakeRequest? {
    guard let line = line() else { return nil }
    guard let fields = fields() else { return nil }
    var request = FakeRequest(line: line, fields: fields, body: [])
    if let length = fields["content-length"].flatMap({ Int($0) }) {
      guard let body = take(length) else { return nil }
      request.body = body
    } else if fields["transfer-encoding"] == "chunked" {
      while true {
        guard let size = self.line().flatMap({ Int($0, radix: 16) }) else { return nil }
        if size == 0 { break }
        guard let chunk = take(size), self.line() == "" else { return nil }
        request.body += chunk
      }
      guard let trailers = self.fields() else { return nil }
      request.trailers = trailers
    }
    return request
  }

  private mutating func fields() -> [String: String]? {
    var fields: [String: String] = [:]
    while let line = line() {
      if line.isEmpty { return fields }
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }

  private mutating func line() -> String? {
    while true {
      if let end = input.firstIndex(of: 0x0A) {
        let line = input[..<end]
        input.removeFirst(end + 1)
        return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
      }
      guard more() else { return nil }
    }
  }

  private mutating func take(_ count: Int) -> [UInt8]? {
    while input.count < count {
      guard more() else { return nil }
    }
    let taken = Array(input[..<count])
    input.removeFirst(count)
    return taken
  }

  private mutating func more() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    input += buffer[..<count]
    return true
  }
}

/// A value behind a lock that ThreadSanitizer knows; it does not see the futex of `Mutex`.
final class Locked<Value: Sendable>: Sendable {
  private let lock = NSLock()
  // Only touched while the lock is held.
  private nonisolated(unsafe) var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    try lock.withLock { try body(&value) }
  }
}
