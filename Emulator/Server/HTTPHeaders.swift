/// Header fields in the order and spelling they came in; names are looked up without regard to case.
///
/// All fields lie in one array of bytes, so a message's head costs two allocations, not two per
/// field. Values that are not UTF-8 are shown with U+FFFD.
package struct HTTPHeaders: Sendable {
  private struct Field {
    var name: Range<UInt32>
    var value: Range<UInt32>
  }

  private var bytes: [UInt8] = []
  private var fields: [Field] = []

  package init() {}

  /// The first value of a name. Setting replaces all values of the name; nil removes them.
  package subscript(name: String) -> String? {
    get { firstIndex(of: name).map { string(fields[$0].value) } }
    set {
      fields = fields.filter { !self.name(of: $0, equals: name) }
      if let newValue { append(name, newValue) }
    }
  }

  /// All values of a name in their order.
  package func values(of name: String) -> [String] {
    fields.filter { self.name(of: $0, equals: name) }.map { string($0.value) }
  }

  package func contains(_ name: String) -> Bool {
    firstIndex(of: name) != nil
  }

  package func count(of name: String) -> Int {
    fields.count { self.name(of: $0, equals: name) }
  }

  package mutating func append(_ name: String, _ value: String) {
    append(name: name.utf8, value: value.utf8)
  }

  /// Puts one more field at the end.
  mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
    let start = UInt32(bytes.count)
    bytes.append(contentsOf: name)
    let middle = UInt32(bytes.count)
    bytes.append(contentsOf: value)
    fields.append(Field(name: start..<middle, value: middle..<UInt32(bytes.count)))
  }

  /// True when one value of the name holds `token` in its comma-separated list, in any case.
  package func list(_ name: String, contains token: String) -> Bool {
    values(of: name).contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains { part in
        let part = part.drop(while: Self.isSpace)
        let end = part.lastIndex { !Self.isSpace($0) }.map(part.index(after:)) ?? part.startIndex
        return Self.equal(part[..<end], token.utf8)
      }
    }
  }

  private func firstIndex(of name: String) -> Int? {
    fields.firstIndex { self.name(of: $0, equals: name) }
  }

  private func name(of field: Field, equals name: String) -> Bool {
    guard field.name.count == name.utf8.count else { return false }
    return Self.equal(bytes[Int(field.name.lowerBound)..<Int(field.name.upperBound)], name.utf8)
  }

  private func string(_ range: Range<UInt32>) -> String {
    String(decoding: bytes[Int(range.lowerBound)..<Int(range.upperBound)], as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }

  /// Compares ASCII letters without regard to case.
  static func equal(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
    left.elementsEqual(right) { a, b in
      a == b || (a ^ b == 0x20 && (0x61...0x7a).contains(a | 0x20))
    }
  }
}

// MARK: - As a collection

extension HTTPHeaders: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { fields.count }

  package subscript(position: Int) -> (name: String, value: String) {
    (string(fields[position].name), string(fields[position].value))
  }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }
}

extension HTTPHeaders: Equatable {
  package static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.elementsEqual(right) { $0.name == $1.name && $0.value == $1.value }
  }
}

// MARK: - On the wire

extension HTTPHeaders {
  /// Fields whose place is in the connection, not in an answer: the server writes them itself.
  private static let framing = ["connection", "content-length", "transfer-encoding", "keep-alive"]

  /// Appends the fields as lines, without those that frame the message.
  func write(to output: inout [UInt8]) {
    for field in fields where !isFraming(field) {
      output.append(contentsOf: bytes[Int(field.name.lowerBound)..<Int(field.name.upperBound)])
      output.append(0x3a)
      output.append(0x20)
      output.append(contentsOf: bytes[Int(field.value.lowerBound)..<Int(field.value.upperBound)])
      output.append(0x0d)
      output.append(0x0a)
    }
  }

  /// False when a field would end its line early or begin another: a name that is no token, a
  /// value with CR, LF, NUL or another control (RFC 9110 §5.5 and §5.6.2).
  var isSafe: Bool {
    bytes.withUnsafeBufferPointer { bytes in
      fields.allSatisfy { field in
        !field.name.isEmpty
          && field.name.allSatisfy { Self.isToken(bytes[Int($0)]) }
          && field.value.allSatisfy {
            let byte = bytes[Int($0)]
            return byte >= 0x20 ? byte != 0x7f : byte == 0x09
          }
      }
    }
  }

  private func isFraming(_ field: Field) -> Bool {
    switch field.name.count {
    case 10, 14, 17: Self.framing.contains { name(of: field, equals: $0) }
    default: false
    }
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7a, 0x41...0x5a, 0x30...0x39: true
    case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e...0x60, 0x7c, 0x7e: true
    default: false
    }
  }
}

// MARK: - As they are read

extension HTTPHeaders {
  /// Bytes of all names and values.
  var byteCount: Int { bytes.count }

  /// Appends a piece of the name or value that is just being read.
  mutating func extend(_ part: UnsafeBufferPointer<UInt8>) {
    if bytes.isEmpty { bytes.reserveCapacity(512) }
    bytes.append(contentsOf: part)
  }

  /// Makes a field of the bytes from `name` to `value` and from there to the end, without the
  /// white space behind the value, which is none of it (RFC 9110 §5.5).
  mutating func endField(name: Int, value: Int) {
    while bytes.count > value, let last = bytes.last, Self.isSpace(last) { bytes.removeLast() }
    if fields.isEmpty { fields.reserveCapacity(8) }
    fields.append(
      Field(
        name: UInt32(name)..<UInt32(value), value: UInt32(value)..<UInt32(bytes.count)))
  }
}
