/// A place in the text of an event pattern, as the service names it in its errors: where its JSON reader
/// stood.
struct PatternPlace: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    case member(String)
    case element(Int)
  }

  private let path: [Step]
  /// Behind the whole value; else behind its first token, of a text behind its first quote.
  private let isBehind: Bool
  /// Characters of a pattern that are shown.
  private static let shownLimit = 500

  init(_ path: [Step], isBehind: Bool = false) {
    self.path = path
    self.isBehind = isBehind
  }

  /// ` at [Source: (String)"…"; line: 1, column: 11]`, in a line of its own.
  func location(in text: String) -> String {
    var scanner = Scanner(text: Array(text.utf8))
    guard scanner.go(to: path) else { return "" }
    if isBehind { scanner.skipValue() } else { scanner.skipToken() }
    let before = scanner.text[..<scanner.place]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column =
      String(decoding: before[start...], as: UTF8.self).utf16.count + 1
    let rest = text.count - Self.shownLimit
    let shown =
      rest > 0 ? "\(text.prefix(Self.shownLimit))\"[truncated \(rest) chars]" : "\(text)\""
    return "\n at [Source: (String)\"\(shown); line: \(line), column: \(column)]"
  }

  /// Walks a text that is known to be JSON.
  private struct Scanner {
    let text: [UInt8]
    var place = 0

    init(text: [UInt8]) { self.text = text }

    private var byte: UInt8 { place < text.count ? text[place] : 0 }

    private mutating func skipBlanks() {
      while place < text.count, byte == 0x20 || (0x09...0x0D).contains(byte) || byte == 0x2C {
        place += 1
      }
    }

    /// Moves to the beginning of the value at `path`.
    mutating func go(to path: [Step]) -> Bool {
      skipBlanks()
      for step in path {
        place += 1
        switch step {
        case .element(let index):
          for _ in 0..<index {
            skipBlanks()
            skipValue()
          }
          skipBlanks()
        case .member(let name):
          guard find(name) else { return false }
        }
      }
      return place < text.count
    }

    private mutating func find(_ name: String) -> Bool {
      while place < text.count {
        skipBlanks()
        guard byte == UInt8(ascii: "\"") else { return false }
        let start = place
        skipText()
        let isIt = place > start + 1 && text[(start + 1)..<(place - 1)].elementsEqual(name.utf8)
        skipBlanks()
        place += 1
        skipBlanks()
        if isIt { return true }
        skipValue()
      }
      return false
    }

    mutating func skipToken() {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): place += 1
      default: skipScalar()
      }
    }

    mutating func skipValue() {
      switch byte {
      case UInt8(ascii: "\""): skipText()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        var depth = 0
        repeat {
          if byte == UInt8(ascii: "\"") {
            skipText()
            continue
          }
          if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
          if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
          place += 1
        } while depth > 0 && place < text.count
      default: skipScalar()
      }
    }

    private mutating func skipText() {
      place += 1
      while place < text.count, byte != UInt8(ascii: "\"") {
        place += byte == UInt8(ascii: "\\") ? 2 : 1
      }
      place = min(place + 1, text.count)
    }

    private mutating func skipScalar() {
      while place < text.count, !(byte <= 0x20), !",]}".utf8.contains(byte) { place += 1 }
    }
  }
}
