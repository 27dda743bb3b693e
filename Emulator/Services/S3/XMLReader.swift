/// An element of a request's XML: its name without a prefix, its text, and what lies in it.
struct XMLElement: Sendable, Equatable {
  var name: String
  var text = ""
  var children: [XMLElement] = []

  /// The first element inside with this name.
  subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Reads the small XML documents that S3's operations take. No document types, so no entities but
/// XML's five; attributes are read over.
struct XMLReader {
  enum Failure: Error {
    case malformed
  }

  private static let depthLimit = 16
  private static let elementLimit = 50_000
  private let bytes: [UInt8]
  private var position = 0
  private var count = 0

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  static func read(_ bytes: [UInt8]) throws(Failure) -> XMLElement {
    var reader = XMLReader(bytes)
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { reader.position = 3 }
    try reader.skipMisc()
    let root = try reader.element(depth: 0)
    try reader.skipMisc()
    guard reader.position == bytes.count else { throw .malformed }
    return root
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func begins(_ text: StaticString) -> Bool {
    let end = position + text.utf8CodeUnitCount
    guard end <= bytes.count else { return false }
    return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
  }

  private mutating func skip(behind text: StaticString) throws(Failure) {
    while position < bytes.count {
      if begins(text) {
        position += text.utf8CodeUnitCount
        return
      }
      position += 1
    }
    throw .malformed
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
      position += 1
    }
  }

  /// White space, declarations and comments.
  private mutating func skipMisc() throws(Failure) {
    while true {
      skipSpace()
      if begins("<?") {
        try skip(behind: "?>")
      } else if begins("<!--") {
        try skip(behind: "-->")
      } else {
        return
      }
    }
  }

  private mutating func name() throws(Failure) -> String {
    let start = position
    while let byte = next, Self.isName(byte) { position += 1 }
    guard position > start, let text = String(validating: bytes[start..<position], as: UTF8.self)
    else { throw .malformed }
    return text.split(separator: ":").last.map(String.init) ?? text
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x3a, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x80...0xff: true
    default: false
    }
  }

  private mutating func element(depth: Int) throws(Failure) -> XMLElement {
    guard depth < Self.depthLimit, count < Self.elementLimit, next == UInt8(ascii: "<") else {
      throw .malformed
    }
    count += 1
    position += 1
    var element = XMLElement(name: try name())
    let isEmpty = try skipAttributes()
    if isEmpty { return element }
    var text: [UInt8] = []
    while true {
      guard let byte = next else { throw .malformed }
      if byte != UInt8(ascii: "<") {
        try appendText(to: &text)
      } else if begins("</") {
        position += 2
        guard try name() == element.name else { throw .malformed }
        skipSpace()
        guard next == UInt8(ascii: ">") else { throw .malformed }
        position += 1
        guard let whole = String(validating: text, as: UTF8.self) else { throw .malformed }
        element.text = whole
        return element
      } else if begins("<!--") {
        try skip(behind: "-->")
      } else if begins("<![CDATA[") {
        position += 9
        let start = position
        try skip(behind: "]]>")
        text += bytes[start..<(position - 3)]
      } else {
        element.children.append(try self.element(depth: depth + 1))
      }
    }
  }

  /// Reads to the end of a tag; true when it closes itself.
  private mutating func skipAttributes() throws(Failure) -> Bool {
    while true {
      skipSpace()
      guard let byte = next else { throw .malformed }
      if byte == UInt8(ascii: ">") {
        position += 1
        return false
      }
      if begins("/>") {
        position += 2
        return true
      }
      _ = try name()
      skipSpace()
      guard next == UInt8(ascii: "=") else { throw .malformed }
      position += 1
      skipSpace()
      guard let quote = next, quote == 0x22 || quote == 0x27 else { throw .malformed }
      position += 1
      while next != quote {
        guard let byte = next, byte != UInt8(ascii: "<") else { throw .malformed }
        position += 1
      }
      position += 1
    }
  }

  private mutating func appendText(to text: inout [UInt8]) throws(Failure) {
    guard let byte = next else { throw .malformed }
    guard byte == UInt8(ascii: "&") else {
      text.append(byte)
      position += 1
      return
    }
    guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
      throw .malformed
    }
    let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    guard let scalar = Self.entity(name) else { throw .malformed }
    text += Array(String(scalar).utf8)
    position = end + 1
  }

  private static func entity(_ name: String) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let number = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return number.flatMap(Unicode.Scalar.init)
  }
}
