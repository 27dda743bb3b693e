import Crypto

/// The layout of an index file, little-endian throughout.
///
/// | part | content |
/// | --- | --- |
/// | magic | `MARTLEX` and a zero byte |
/// | version | u32, now 1 |
/// | counts | u32 passages, u32 terms, u32 groups, u64 zero |
/// | total | u64, the number of terms in all passages together |
/// | sections | 8 × (u64 offset, u64 length), in the order of `Section` |
/// | the sections | |
/// | digest | SHA-256 of all bytes before it |
///
/// A reader needs no copy of any section: opening an index reads the header and checks the digest.
enum LexicalIndexFile {
  static let magic: [UInt8] = Array("MARTLEX".utf8) + [0]
  static let version: UInt32 = 1
  static let headerSize = 40 + Section.allCases.count * 16
  static let digestSize = 32

  enum Section: Int, CaseIterable {
    /// Length-prefixed texts: type, tenant, owner of each group (absent ones with a zero flag).
    case groups
    /// u16 for each passage.
    case groupOfPassage
    /// u32 for each passage: how many terms it has.
    case lengthOfPassage
    /// u32 for each passage and the end: where its record starts in `passages`.
    case passageOffsets
    case passages
    /// Three u32 for each term and the end, terms sorted by bytes: where its bytes start in
    /// `terms`, where its postings start in `postings`, how many passages have it.
    case termEntries
    case terms
    /// For each posting a varint: the gap to the passage before, doubled, plus 1 when the term
    /// stands there once; else a second varint says how often.
    case postings
  }

  static func digest(of bytes: UnsafeRawBufferPointer.SubSequence) -> [UInt8] {
    SHA256.digest(UnsafeRawBufferPointer(rebasing: bytes))
  }
}

/// Reads the numbers and texts of a part of an index file; nil past its end.
struct IndexReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func varint() -> Int? {
    var value = 0
    var shift = 0
    while position >= 0, position < bytes.count, shift < 35 {
      let byte = bytes[position]
      position += 1
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  mutating func text() -> String? {
    guard let count = varint(), count <= bytes.count - position else { return nil }
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  /// A text that may be absent.
  mutating func optionalText() -> String?? {
    guard let flag = varint() else { return nil }
    if flag == 0 { return .some(nil) }
    guard let text = text() else { return nil }
    return .some(text)
  }
}

extension [UInt8] {
  mutating func appendLittleEndian<T: FixedWidthInteger>(_ value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func appendVarint(_ value: Int) {
    var rest = UInt64(value)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func appendText(_ text: String) {
    appendVarint(text.utf8.count)
    append(contentsOf: text.utf8)
  }

  mutating func appendOptionalText(_ text: String?) {
    append(text == nil ? 0 : 1)
    if let text { appendText(text) }
  }
}

extension UnsafeRawBufferPointer {
  /// A little-endian number at a byte offset; nil outside of the buffer.
  func number<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T? {
    guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
    return T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}
