/// The status line and the fields of an HTTP response, kept as the bytes that came.
///
/// Values become strings only when somebody asks: most fields of most answers are never read.
struct ResponseHead: Sendable {
  let status: Int
  /// HTTP/1.0 ends the connection after each answer.
  let isVersion10: Bool
  private let bytes: [UInt8]
  private let fields: [Field]

  private struct Field: Sendable {
    let name: Range<Int>
    let value: Range<Int>
  }

  /// Parses the head, the empty line at its end included (RFC 9112 §4 and §5).
  ///
  /// Refuses what two readers might understand differently: bare line feeds, folded lines, blanks
  /// before the colon, control characters.
  init(parsing bytes: [UInt8]) throws(ResponseFault) {
    var lines = Lines(bytes)
    guard let first = lines.next() else { throw .malformed("no status line") }
    (status, isVersion10) = try Self.statusLine(bytes[first])
    var fields: [Field] = []
    fields.reserveCapacity(16)
    while let line = lines.next(), !line.isEmpty {
      fields.append(try Self.field(line, in: bytes))
    }
    self.bytes = bytes
    self.fields = fields
  }

  /// The value of the first field with this name, blanks around it removed.
  func value(of name: StaticString) -> String? {
    range(of: name).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// All values of a field.
  func values(of name: StaticString) -> [String] {
    fields.filter { matches($0.name, name) }
      .map { String(decoding: bytes[$0.value], as: UTF8.self) }
  }

  private func range(of name: StaticString) -> Range<Int>? {
    fields.first { matches($0.name, name) }?.value
  }

  private func matches(_ range: Range<Int>, _ name: StaticString) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    return name.withUTF8Buffer { wanted in
      for (offset, byte) in wanted.enumerated()
      where Self.lowercase(bytes[range.lowerBound + offset]) != byte {
        return false
      }
      return true
    }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// `HTTP/1.1 202 Accepted`; the reason may be empty or missing.
  private static func statusLine(
    _ line: ArraySlice<UInt8>
  ) throws(ResponseFault) -> (status: Int, isVersion10: Bool) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard line.count >= 12, line.starts(with: "HTTP/1.".utf8) else {
      throw .malformed("no HTTP/1 status line")
    }
    let start = line.startIndex
    let minor = line[start + 7]
    let code = line[start + 9..<start + 12]
    guard digits.contains(minor), line[start + 8] == UInt8(ascii: " "),
      code.allSatisfy(digits.contains), line.count == 12 || line[start + 12] == UInt8(ascii: " ")
    else { throw .malformed("broken status line") }
    let status = code.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    guard (100...599).contains(status) else { throw .malformed("status \(status)") }
    return (status, minor == UInt8(ascii: "0"))
  }

  private static func field(_ line: Range<Int>, in bytes: [UInt8]) throws(ResponseFault) -> Field {
    guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")), colon > line.lowerBound else {
      throw .malformed("a field without a name")
    }
    for byte in bytes[line.lowerBound..<colon] where byte <= 0x20 || byte >= 0x7F {
      throw .malformed("a field name with a blank or control character")
    }
    var start = colon + 1
    var end = line.upperBound
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    for byte in bytes[start..<end] where byte < 0x20 && byte != 0x09 || byte == 0x7F {
      throw .malformed("a field value with a control character")
    }
    return Field(name: line.lowerBound..<colon, value: start..<end)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }
}

/// The lines of a head, each without its CRLF. A line feed alone ends no line.
private struct Lines {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func next() -> Range<Int>? {
    let start = position
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == 0x0D, bytes[index + 1] == 0x0A {
        position = index + 2
        return start..<index
      }
      index += 1
    }
    return nil
  }
}
