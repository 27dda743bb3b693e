/// How a value is written.
package enum JSONStyle: Sendable {
  /// No space at all, members in their order.
  case compact
  /// Two spaces a level, members in their order.
  case pretty
  /// No space, members by the bytes of their names: one text for equal objects.
  case sorted
  /// Two spaces a level, members by the bytes of their names.
  case prettySorted

  fileprivate var isPretty: Bool { self == .pretty || self == .prettySorted }
  fileprivate var isSorted: Bool { self == .sorted || self == .prettySorted }
}

extension JSONValue {
  /// The value as UTF-8, without a line end behind it.
  package func encoded(_ style: JSONStyle = .compact) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendJSON(self, style)
    return bytes
  }
}

extension [UInt8] {
  /// Appends a value's text.
  package mutating func appendJSON(_ value: JSONValue, _ style: JSONStyle = .compact) {
    append(value, style, level: 0)
  }

  /// Appends a string in its quotes, with escapes only where RFC 8259 §7 asks for them.
  package mutating func appendJSON(_ text: String) {
    append(0x22)
    JSONName.withBytes(of: text) { appendEscaped($0) }
    append(0x22)
  }

  /// Appends a whole number.
  package mutating func appendJSON(_ number: some BinaryInteger) {
    append(contentsOf: String(number).utf8)
  }

  private mutating func append(_ value: JSONValue, _ style: JSONStyle, level: Int) {
    switch value {
    case .null: append(contentsOf: "null".utf8)
    case .bool(let bool): append(contentsOf: (bool ? "true" : "false").utf8)
    case .number(let number): append(contentsOf: number.text.utf8)
    case .string(let text): appendJSON(text)
    case .array(let elements):
      append(0x5B)
      for (index, element) in elements.enumerated() {
        if index > 0 { append(0x2C) }
        if style.isPretty { appendLine(level + 1) }
        append(element, style, level: level + 1)
      }
      if style.isPretty, !elements.isEmpty { appendLine(level) }
      append(0x5D)
    case .object(let object):
      append(object, style, level: level)
    }
  }

  private mutating func append(_ object: JSONObject, _ style: JSONStyle, level: Int) {
    append(0x7B)
    let order =
      style.isSorted
      ? object.indices.sorted {
        object[$0].key.utf8.lexicographicallyPrecedes(object[$1].key.utf8)
      } : [Int](object.indices)
    for (index, place) in order.enumerated() {
      let member = object[place]
      if index > 0 { append(0x2C) }
      if style.isPretty { appendLine(level + 1) }
      appendJSON(member.key)
      append(0x3A)
      if style.isPretty { append(0x20) }
      append(member.value, style, level: level + 1)
    }
    if style.isPretty, !object.isEmpty { appendLine(level) }
    append(0x7D)
  }

  private mutating func appendLine(_ level: Int) {
    append(0x0A)
    append(contentsOf: repeatElement(0x20, count: level * 2))
  }

  private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress else { return }
    var start = 0
    while start < text.count {
      let end = [UInt8].plainEnd(of: base, from: start, to: text.count)
      append(contentsOf: UnsafeBufferPointer(start: base + start, count: end - start))
      guard end < text.count else { return }
      appendEscape(of: base[end])
      start = end + 1
    }
  }

  /// Where the next byte that needs an escape stands.
  private static func plainEnd(of base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    var position = start
    while position + 8 <= end {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
      let special = JSONEscapes.special(in: word)
      guard special == 0 else { return position + special.trailingZeroBitCount >> 3 }
      position += 8
    }
    while position < end, base[position] >= 0x20, base[position] != 0x22, base[position] != 0x5C {
      position += 1
    }
    return position
  }

  private mutating func appendEscape(of byte: UInt8) {
    append(0x5C)
    if byte == 0x22 || byte == 0x5C {
      append(byte)
    } else if let letter = JSONEscapes.letter(for: byte) {
      append(letter)
    } else {
      append(contentsOf: "u00".utf8)
      append(byte < 0x10 ? 0x30 : 0x31)
      let low = byte & 15
      append(low < 10 ? 0x30 + low : 0x57 + low)
    }
  }
}
