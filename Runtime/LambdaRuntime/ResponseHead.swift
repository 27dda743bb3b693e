/// The status line and the fields of an HTTP response, kept as the bytes that came.
///
/// Values become strings only when somebody asks: most fields of most answers are never read.
struct ResponseHead: Sendable {
  let status: Int
  /// HTTP/1.0 ends the connection after each answer.
  let isVersion10: Bool
  private let bytes: [UInt8]
  private let fields: [Field]

  struct Field: Sendable {
    let name: Range<Int>
    let value: Range<Int>
  }

  /// Parses the head, the empty line at its end included (RFC 9112 §4 and §5).
  ///
  /// Refuses what two readers might understand differently: bare line feeds, folded lines, blanks
  /// before the colon, control characters.
  init(parsing bytes: [UInt8]) throws(ResponseFault) {
    var scanner = HeadScanner(bytes)
    (status, isVersion10) = try scanner.statusLine()
    var fields: [Field] = []
    fields.reserveCapacity(16)
    while let field = try scanner.field() { fields.append(field) }
    self.bytes = bytes
    self.fields = fields
  }

  /// The value of the first field with this name (in lower case), blanks around it removed.
  func value(of name: StaticString) -> String? {
    guard let field = fields.first(where: { matches($0, name) }) else { return nil }
    return String(decoding: bytes[field.value], as: UTF8.self)
  }

  /// How often a field with this name stands there.
  func count(of name: StaticString) -> Int {
    fields.reduce(0) { matches($1, name) ? $0 + 1 : $0 }
  }

  /// The value of the first field with this name as a number in decimal digits alone; nil for any
  /// other text, and for one beyond `Int`.
  func number(of name: StaticString) -> Int? {
    guard let field = fields.first(where: { matches($0, name) }), !field.value.isEmpty else {
      return nil
    }
    var number = 0
    for byte in bytes[field.value] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isBeyond) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !isTooLarge, !isBeyond else { return nil }
      number = sum
    }
    return number
  }

  /// Whether a field with this name mentions the word, whatever its case.
  func mentions(_ word: String, in name: StaticString) -> Bool {
    fields.contains { field in
      matches(field, name)
        && String(decoding: bytes[field.value], as: UTF8.self).lowercased().contains(word)
    }
  }

  private func matches(_ field: Field, _ name: StaticString) -> Bool {
    guard field.name.count == name.utf8CodeUnitCount else { return false }
    let bytes = bytes.span
    return name.withUTF8Buffer { wanted in
      for offset in wanted.indices
      where Self.lowercase(bytes[field.name.lowerBound + offset]) != wanted[offset] {
        return false
      }
      return true
    }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}

/// Goes through a head once, byte by byte: every invocation has two of them.
private struct HeadScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// `HTTP/1.1 202 Accepted`; the reason may be empty or missing.
  mutating func statusLine() throws(ResponseFault) -> (status: Int, isVersion10: Bool) {
    guard let end = endOfLine() else { throw .malformed("no status line") }
    guard end >= 12, startsWithVersion() else { throw .malformed("no HTTP/1 status line") }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let minor = bytes[7]
    guard digits.contains(minor), bytes[8] == 0x20, digits.contains(bytes[9]),
      digits.contains(bytes[10]), digits.contains(bytes[11]), end == 12 || bytes[12] == 0x20
    else { throw .malformed("broken status line") }
    var status = 0
    for place in 9..<12 { status = status * 10 + Int(bytes[place] - UInt8(ascii: "0")) }
    guard (100...599).contains(status) else { throw .malformed("status \(status)") }
    position = end + 2
    return (status, minor == UInt8(ascii: "0"))
  }

  /// The next field; nil at the empty line.
  mutating func field() throws(ResponseFault) -> ResponseHead.Field? {
    let start = position
    guard start + 1 < bytes.count else { return nil }
    if isEndOfLine(start) { return nil }
    var place = start
    while place < bytes.count, bytes[place] != UInt8(ascii: ":") {
      guard bytes[place] > 0x20, bytes[place] < 0x7F else {
        throw .malformed("a field name with a blank or control character")
      }
      place += 1
    }
    guard place > start, place < bytes.count else { throw .malformed("a field without a name") }
    let name = start..<place
    place += 1
    while place < bytes.count, isBlank(bytes[place]) { place += 1 }
    let value = place
    var end = place
    while place < bytes.count, !isEndOfLine(place) {
      let byte = bytes[place]
      guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
        throw .malformed("a field value with a control character")
      }
      place += 1
      if !isBlank(byte) { end = place }
    }
    position = place + 2
    return ResponseHead.Field(name: name, value: value..<end)
  }

  private func startsWithVersion() -> Bool {
    let version: StaticString = "HTTP/1."
    return version.withUTF8Buffer { wanted in
      for place in wanted.indices where bytes[place] != wanted[place] { return false }
      return true
    }
  }

  private func endOfLine() -> Int? {
    var place = position
    while place + 1 < bytes.count {
      if isEndOfLine(place) { return place }
      place += 1
    }
    return nil
  }

  /// CRLF ends a line; a line feed alone ends none.
  private func isEndOfLine(_ place: Int) -> Bool {
    bytes[place] == 0x0D && place + 1 < bytes.count && bytes[place + 1] == 0x0A
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }
}
