import Glibc

/// Why the Runtime API could not be asked, or what came back instead of an answer.
enum RuntimeFailure: Error, Equatable {
  /// No connection: refused, or no such host.
  case unreachable(String)
  /// The connection ended, or broke, before the answer began.
  case closed
  /// Neither bytes in nor bytes out for too long.
  case timedOut
  case malformed(String)
}

extension RuntimeFailure: CustomStringConvertible {
  var description: String {
    switch self {
    case .unreachable(let reason): "the Runtime API cannot be reached: \(reason)"
    case .closed: "the Runtime API closed the connection"
    case .timedOut: "the Runtime API does not answer"
    case .malformed(let what): "the Runtime API's answer cannot be read: \(what)"
    }
  }
}

/// A TCP connection to the Runtime API: blocking, owned by one thread at a time.
struct Connection: ~Copyable {
  private let descriptor: Int32

  /// Connects to a host name or address; each of the host's addresses is tried.
  ///
  /// A read or write may stay without any progress for `patience`.
  init(to endpoint: Endpoint, patience: Duration) throws(RuntimeFailure) {
    descriptor = try Self.connect(to: endpoint)
    var yes: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    let parts = patience.components
    var limit = timeval(
      tv_sec: Int(parts.seconds), tv_usec: Int(parts.attoseconds / 1_000_000_000_000))
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
  }

  deinit {
    close(descriptor)
  }

  /// Sends all of it, waiting while the receiver is slow: for as long as there is progress, and
  /// without any until `end`.
  borrowing func send(
    _ bytes: [UInt8], until end: ContinuousClock.Instant? = nil
  ) throws(RuntimeFailure) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(
          descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        guard let end, ContinuousClock.now < end else { throw .timedOut }
      } else if errno != EINTR {
        throw .closed
      }
    }
  }

  /// Waits for bytes and returns as many as `buffer` can take; 0 at the end of the connection.
  borrowing func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(RuntimeFailure) -> Int {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count >= 0 { return count }
      if errno == EAGAIN { throw .timedOut }
      if errno != EINTR { return 0 }
    }
  }

  private static func connect(to endpoint: Endpoint) throws(RuntimeFailure) -> Int32 {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (endpoint.isNumeric ? AI_NUMERICHOST : 0)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(endpoint.host, endpoint.port, &hints, &found)
    guard code == 0 else { throw .unreachable(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(found) }
    var lastError: Int32 = EADDRNOTAVAIL
    var next = found
    while let address = next?.pointee {
      let descriptor = socket(
        address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
      if descriptor >= 0 {
        if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
        lastError = errno
        close(descriptor)
      } else {
        lastError = errno
      }
      next = address.ai_next
    }
    throw .unreachable(String(cString: strerror(lastError)))
  }
}

/// Where the Runtime API listens: `host:port`, `[v6]:port`, or a host alone (port 80).
struct Endpoint: Sendable, Equatable {
  let host: String
  let port: String
  /// As `AWS_LAMBDA_RUNTIME_API` spells it: what the `Host` field says.
  let text: String

  /// nil when the text is no authority (RFC 3986 §3.2).
  init?(_ text: String) {
    let (host, port): (Substring, Substring?)
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, let first = parts.first else { return nil }
      host = first
      port = parts.count == 2 ? parts[1] : nil
    }
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
    guard isPlain, !host.isEmpty, let number = UInt16(port ?? "80"), number > 0 else { return nil }
    self.host = String(host)
    self.port = String(number)
    self.text = text
  }

  /// Whether the host is an address, so that no name has to be looked up.
  var isNumeric: Bool {
    host.utf8.contains(UInt8(ascii: ":"))
      || host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
  }
}
