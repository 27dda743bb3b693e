/// One value on the tape: where it stands in the text, and where the tape goes on behind it.
///
/// An object's members stand behind it, name and value in turn; an array's elements likewise.
struct TapeEntry {
  /// First byte; of a string, its opening quote.
  var start: UInt32
  /// Past the last byte.
  var end: UInt32
  /// The tape index past this value and all it holds.
  var next: UInt32
  /// The kind in the low 4 bits, the number of members or elements above.
  private var tag: UInt32

  enum Kind: UInt32 {
    case null
    case `false`
    case `true`
    case number
    case string
    /// A string that holds at least one escape.
    case escapedString
    case array
    case object
  }

  init(_ kind: Kind, start: Int, end: Int, next: Int) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.end = UInt32(truncatingIfNeeded: end)
    self.next = UInt32(truncatingIfNeeded: next)
    tag = kind.rawValue
  }

  var kind: Kind { Kind(rawValue: tag & 15).unsafelyUnwrapped }

  var count: Int {
    get { Int(tag >> 4) }
    set { tag = (tag & 15) | UInt32(truncatingIfNeeded: newValue) << 4 }
  }

  var isString: Bool { kind == .string || kind == .escapedString }
}

/// A JSON text that has been read once and is looked at in place: no tree, no copies.
///
/// A class, because every `JSONNode` points at it and a node must be one word and a number.
package final class JSONDocument: Sendable {
  package let bytes: [UInt8]
  let tape: [TapeEntry]
  /// Whether every name of every object stands once.
  let hasUniqueNames: Bool

  /// Reads a whole text (RFC 8259), checking all of it, UTF-8 and escapes included.
  package init(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
    self.bytes = bytes
    hasUniqueNames = limits.duplicates == .refused
    tape = try TapeScanner.tape(of: bytes, limits: limits)
  }

  package convenience init(_ text: String, limits: JSONLimits = .default) throws(JSONError) {
    try self.init(Array(text.utf8), limits: limits)
  }

  package var root: JSONNode { JSONNode(document: self, index: 0) }

  /// Line and column of a byte of the text.
  package func position(of offset: Int) -> JSONPosition {
    JSONPosition(of: offset, in: bytes)
  }

  /// The text between the quotes of a string, escapes resolved.
  func text(of entry: TapeEntry) -> String {
    bytes.withUnsafeBufferPointer { source in
      let inner = UnsafeBufferPointer(
        rebasing: source[Int(entry.start) + 1..<Int(entry.end) - 1])
      guard entry.kind == .escapedString else { return String(decoding: inner, as: UTF8.self) }
      return String(decoding: JSONEscapes.resolved(inner), as: UTF8.self)
    }
  }

  /// Whether a string of the tape is this text, byte for byte.
  func string(_ entry: TapeEntry, equals text: String) -> Bool {
    guard entry.kind == .string else { return JSONName(self.text(of: entry)) == JSONName(text) }
    let length = Int(entry.end - entry.start) - 2
    guard text.utf8.count == length else { return false }
    return bytes.withUnsafeBufferPointer { source in
      let inner = UnsafeBufferPointer(
        rebasing: source[Int(entry.start) + 1..<Int(entry.end) - 1])
      return JSONName(text).isSame(as: inner)
    }
  }
}
