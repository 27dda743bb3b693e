/// What is wrong with an answer of the Runtime API.
enum ResponseFault: Error, Equatable {
  /// The connection ended before the first byte: nobody answered.
  case closed
  /// It ended in the middle.
  case truncated
  case malformed(String)
  case tooLarge(limit: Int)
}

/// A whole answer.
struct Response: Sendable {
  let head: ResponseHead
  let body: [UInt8]
  /// Whether the connection can carry another request.
  let keepsAlive: Bool

  var status: Int { head.status }
}

/// Reads HTTP/1.1 responses, in whatever pieces they come (RFC 9112).
///
/// Pure: bytes go in, a response comes out; sockets and clocks are elsewhere. After a fault the
/// reader, like the connection, is done for.
struct ResponseReader {
  /// Longest head, chunk line and trailer section, in bytes.
  static let headLimit = 64 * 1024
  /// Longest body: room for an event of 6 MiB and for what later limits may bring.
  static let bodyLimit = 64 * 1024 * 1024

  /// Most interim answers (100 Continue and its like) in front of one.
  static let interimLimit = 8

  private enum Phase {
    case head
    case fixed(remaining: Int)
    case chunkLine
    case chunk(remaining: Int)
    case chunkEnd
    case trailers(length: Int)
    case untilClose
    case complete
  }

  private var phase = Phase.head
  private var input: [UInt8] = []
  /// Where the unread part of `input` begins, and how far the search for a line's end has come.
  private var position = 0
  private var scanned = 0
  private var head: ResponseHead?
  private var body: [UInt8] = []
  private var endsWithConnection = false
  private var interimCount = 0

  /// Whether a part of a response has arrived.
  var hasBegun: Bool {
    head != nil || !input.isEmpty
  }

  /// Takes bytes that arrived; returns the response once it is complete.
  ///
  /// Bytes behind the response are a fault: nobody asked for them.
  mutating func read(_ bytes: some Collection<UInt8>) throws(ResponseFault) -> Response? {
    if position > 0 {
      input.removeFirst(position)
      scanned -= position
      position = 0
    }
    input.append(contentsOf: bytes)
    while try step() {}
    return try finished()
  }

  /// The connection ended: the end of a body without a length, else a fault.
  mutating func end() throws(ResponseFault) -> Response {
    guard hasBegun else { throw .closed }
    guard case .untilClose = phase else { throw .truncated }
    phase = .complete
    guard let response = try finished() else { throw .truncated }
    return response
  }

  private mutating func finished() throws(ResponseFault) -> Response? {
    guard case .complete = phase, let head else { return nil }
    guard position == input.count else { throw .malformed("bytes behind the answer") }
    let keepsAlive =
      !head.mentions("close", in: "connection") && !head.isVersion10 && !endsWithConnection
    let response = Response(head: head, body: body, keepsAlive: keepsAlive)
    self = ResponseReader()
    return response
  }

  /// Does one thing; false when more bytes are needed or the response is complete.
  private mutating func step() throws(ResponseFault) -> Bool {
    switch phase {
    case .head:
      return try readHead()
    case .fixed(let remaining):
      let taken = try take(remaining)
      phase = taken == remaining ? .complete : .fixed(remaining: remaining - taken)
      return false
    case .chunkLine:
      return try readChunkLine()
    case .chunk(let remaining):
      let taken = try take(remaining)
      phase = taken == remaining ? .chunkEnd : .chunk(remaining: remaining - taken)
      return taken == remaining
    case .chunkEnd:
      guard let line = try nextLine() else { return false }
      guard line.isEmpty else { throw .malformed("a chunk longer than its size") }
      phase = .chunkLine
      return true
    case .trailers(let length):
      guard let line = try nextLine() else { return false }
      let total = length + line.count
      guard total <= Self.headLimit else { throw .tooLarge(limit: Self.headLimit) }
      phase = line.isEmpty ? .complete : .trailers(length: total)
      return !line.isEmpty
    case .untilClose:
      _ = try take(input.count - position)
      return false
    case .complete:
      return false
    }
  }

  private mutating func readHead() throws(ResponseFault) -> Bool {
    guard beginsLikeHTTP() else { throw .malformed("no HTTP/1 status line") }
    // A search goes on where the last one ended.
    guard let end = Self.endOfHead(in: input.span, from: max(scanned, position + 3)) else {
      scanned = max(input.count, position + 3)
      guard input.count - position <= Self.headLimit else { throw .tooLarge(limit: Self.headLimit) }
      return false
    }
    let head = try ResponseHead(parsing: Array(input[position..<end]))
    position = end
    scanned = end
    guard head.status >= 200 else {
      interimCount += 1
      guard head.status != 101, interimCount <= Self.interimLimit else {
        throw .malformed("interim answers nobody asked for")
      }
      return true  // 100 Continue and its like announce the answer
    }
    self.head = head
    phase = try framing(of: head)
    if case .fixed(let length) = phase { body.reserveCapacity(min(length, 1024 * 1024)) }
    return true
  }

  /// How the body ends (RFC 9112 §6.3).
  private mutating func framing(of head: ResponseHead) throws(ResponseFault) -> Phase {
    let lengths = head.count(of: "content-length")
    let codings = head.count(of: "transfer-encoding")
    guard lengths == 0 || codings == 0 else {
      throw .malformed("both a length and a transfer coding")
    }
    if head.status == 204 || head.status == 304 { return .complete }
    if codings > 0 {
      guard codings == 1, head.value(of: "transfer-encoding")?.lowercased() == "chunked" else {
        throw .malformed("a transfer coding other than chunked")
      }
      return .chunkLine
    }
    guard lengths > 0 else {
      endsWithConnection = true
      return .untilClose
    }
    guard lengths == 1, let length = head.number(of: "content-length") else {
      throw .malformed("a broken content length")
    }
    guard length <= Self.bodyLimit else { throw .tooLarge(limit: Self.bodyLimit) }
    return .fixed(remaining: length)
  }

  private mutating func readChunkLine() throws(ResponseFault) -> Bool {
    guard let line = try nextLine() else { return false }
    let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
    guard (1...8).contains(digits.count), digits.allSatisfy(Self.isHexadecimal),
      let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw .malformed("a broken chunk size") }
    guard body.count + size <= Self.bodyLimit else { throw .tooLarge(limit: Self.bodyLimit) }
    phase = size == 0 ? .trailers(length: 0) : .chunk(remaining: size)
    return true
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }

  /// Moves up to `count` bytes into the body.
  private mutating func take(_ count: Int) throws(ResponseFault) -> Int {
    let taken = min(count, input.count - position)
    guard body.count + taken <= Self.bodyLimit else { throw .tooLarge(limit: Self.bodyLimit) }
    body.append(contentsOf: input[position..<position + taken])
    position += taken
    if position == input.count {
      input.removeAll(keepingCapacity: true)
      position = 0
    }
    scanned = position
    return taken
  }

  /// The next line without its CRLF; nil when its end has not come yet.
  private mutating func nextLine() throws(ResponseFault) -> ArraySlice<UInt8>? {
    scanned = max(scanned, position)
    while scanned + 1 < input.count {
      if input[scanned] == 0x0D, input[scanned + 1] == 0x0A {
        let line = input[position..<scanned]
        position = scanned + 2
        scanned = position
        return line
      }
      scanned += 1
    }
    guard input.count - position <= Self.headLimit else { throw .tooLarge(limit: Self.headLimit) }
    return nil
  }

  /// Whether what has come of the head is the beginning of an HTTP/1 status line.
  private func beginsLikeHTTP() -> Bool {
    let (input, version) = (input.span, "HTTP/1." as StaticString)
    return version.withUTF8Buffer { wanted in
      for offset in 0..<min(wanted.count, input.count - position)
      where input[position + offset] != wanted[offset] {
        return false
      }
      return true
    }
  }

  /// The index behind the empty line that ends the head, looked for from an index on.
  ///
  /// Most bytes are neither CR nor LF: the end is then at least four bytes further on.
  private static func endOfHead(in bytes: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case 0x0A:
        if bytes[index - 1] == 0x0D, bytes[index - 2] == 0x0A, bytes[index - 3] == 0x0D {
          return index + 1
        }
        index += 2
      case 0x0D: index += 1
      default: index += 4
      }
    }
    return nil
  }
}
