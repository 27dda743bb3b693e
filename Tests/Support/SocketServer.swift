import Foundation
import Glibc
import Synchronization

/// A TCP server on a free port of the loopback that does exactly what a test says, byte for byte.
///
/// Every connection is served by the closure on a thread of its own.
package final class SocketServer: Sendable {
  package let port: UInt16
  private let listener: Int32
  private let count = Mutex(0)

  /// How many connections have been accepted.
  package var accepted: Int { count.withLock { $0 } }

  package init(_ serve: @escaping @Sendable (SocketConnection) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, size) == 0 && listen(listener, 128) == 0
          && getsockname(listener, pointer, &size) == 0
      }
    }
    guard isOpen else { throw SocketError(code: errno) }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in acceptAll(serve) }
  }

  private func acceptAll(_ serve: @escaping @Sendable (SocketConnection) -> Void) {
    while true {
      let descriptor = accept(listener, nil, nil)
      guard descriptor >= 0 else {
        // Closed here alone: elsewhere its number could be another listener's by the next `accept`.
        close(listener)
        return
      }
      count.withLock { $0 += 1 }
      Thread.detachNewThread {
        let connection = SocketConnection(descriptor)
        serve(connection)
        connection.close()
      }
    }
  }

  /// Takes no more connections.
  package func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
  }
}

package struct SocketError: Error {
  package let code: Int32
}

/// A request as a test server reads it.
package struct RawRequest: Sendable {
  package let method: String
  /// With the query.
  package let target: String
  package let headers: [(name: String, value: String)]
  package let body: [UInt8]

  package func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  package var text: String { String(decoding: body, as: UTF8.self) }
}

/// One accepted connection with blocking reads and writes.
package final class SocketConnection: Sendable {
  private let descriptor: Int32
  private let state = Mutex((isClosed: false, unread: [UInt8]()))

  fileprivate init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
  }

  /// Up to 64 KB; nil when the peer has closed.
  package func read() -> [UInt8]? {
    // Its number may be another connection's by now.
    guard isOpen else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
      count = max(recv(descriptor, buffer.baseAddress, buffer.count, 0), 0)
    }
    return bytes.isEmpty ? nil : bytes
  }

  /// The next request with its whole body; nil when the peer has closed.
  package func request() -> RawRequest? {
    guard let head = take(through: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let first = lines[0].split(separator: " ")
    guard first.count == 3 else { return nil }
    let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (
        String(line[..<colon]),
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      )
    }
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
    var body: [UInt8] = []
    if let length = header("content-length").flatMap(Int.init) {
      guard let bytes = take(count: length) else { return nil }
      body = bytes
    } else if header("transfer-encoding") == "chunked" {
      guard let bytes = takeChunks() else { return nil }
      body = bytes
    }
    return RawRequest(
      method: String(first[0]), target: String(first[1]), headers: headers, body: body)
  }

  /// False when the peer has gone.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    guard isOpen else { return false }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(
          descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  @discardableResult
  package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// Answers with a whole body; the connection stays.
  @discardableResult
  package func respond(_ status: Int, headers: [String: String] = [:], _ body: String = "") -> Bool
  {
    var head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return write(head + "\r\n" + body)
  }

  /// Waits until the peer closes; what it still sends is thrown away.
  package func awaitClose() {
    while read() != nil {}
  }

  /// Lets time pass, as a slow peer does.
  package func pause(milliseconds: UInt32) { usleep(milliseconds * 1_000) }

  private var isOpen: Bool { state.withLock { !$0.isClosed } }

  package func close() {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    if isFirst { Glibc.close(descriptor) }
  }

  /// Closes with a reset instead of an orderly end.
  package func reset() {
    var value = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  private func takeChunks() -> [UInt8]? {
    var body: [UInt8] = []
    while let line = take(through: [13, 10]) {
      let digits = String(decoding: line.prefix { $0 != 13 && $0 != 0x3B }, as: UTF8.self)
      guard let count = Int(digits, radix: 16), let chunk = take(count: count + 2) else {
        return nil
      }
      guard count > 0 else { return body }
      body += chunk.dropLast(2)
    }
    return nil
  }

  private func take(count: Int) -> [UInt8]? {
    while state.withLock({ $0.unread.count < count }) {
      guard let more = read() else { return nil }
      state.withLock { $0.unread += more }
    }
    return state.withLock { state in
      defer { state.unread.removeFirst(count) }
      return Array(state.unread.prefix(count))
    }
  }

  private func take(through end: [UInt8]) -> [UInt8]? {
    while true {
      let found = state.withLock { state -> Int? in
        guard state.unread.count >= end.count else { return nil }
        return (0...state.unread.count - end.count).first {
          state.unread[$0..<$0 + end.count].elementsEqual(end)
        }
      }
      if let found { return take(count: found + end.count) }
      guard let more = read() else { return nil }
      state.withLock { $0.unread += more }
    }
  }
}
