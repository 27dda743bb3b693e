import Crypto

/// The layout of a segment of the search index, little-endian throughout.
///
/// | offset | content |
/// | --- | --- |
/// | 0 | `MARTIDX` and a zero byte |
/// | 8 | u32 version, now 1 |
/// | 12 | u32 flags; 1: the sign bits may be used |
/// | 16 | u64 length of the file |
/// | 24 | u64 passages |
/// | 32 | u64 rows: vectors |
/// | 40 | u32 dimension, u32 elements of a stored row (dimension, rounded up to 64) |
/// | 48 | for each section u64 offset, u64 length, 32 bytes SHA-256, in the order of `Section` |
/// | 560 | u32 length and text of the embedder's id; empty without vectors |
/// | 992 | SHA-256 of the bytes before it |
/// | 1024 | the sections, each on a multiple of 4096 |
///
/// Opening looks at the header, its digest and the bounds of the sections; the sections' own digests
/// are computed where a file comes from elsewhere. A file is written beside its place and renamed.
enum SegmentFile {
  static let magic: [UInt8] = Array("MARTIDX".utf8) + [0]
  static let version: UInt32 = 1
  static let headerSize = 1024
  static let digestOffset = 992
  static let tableOffset = 48
  static let entrySize = 48
  static let embedderOffset = 560
  static let alignment = 4096
  static let bitsFlag: UInt32 = 1

  /// More than this many rows are looked through by their sign bits first.
  static let mostScanned = 20_000
  /// More would not fit the memory and the start of a function.
  static let mostRows = 200_000
  static let mostPassages = 1_000_000

  enum Section: Int, CaseIterable {
    /// A whole lexical index: the passages and their words.
    case lexical
    /// Length-prefixed ids of passages of earlier segments that are no more.
    case removed
    /// u32 for each row: its passage, ascending.
    case passageOfRow
    /// f32 for each row: what a step of its bytes is worth.
    case scales
    /// i8, a row after the other.
    case bytes
    /// f16, a row after the other; empty in segments of many rows.
    case halves
    /// f32: the mean of all rows, which the sign bits are relative to.
    case mean
    /// One bit an element, a row after the other, in u64.
    case bits
  }

  /// Elements of a row as it is stored.
  static func stride(_ dimension: Int) -> Int { (dimension + 63) / 64 * 64 }

  /// Bytes of a section of vectors; nil for the others.
  static func size(of section: Section, rows: Int, dimension: Int, _ length: Int) -> Bool {
    let stride = stride(dimension)
    return switch section {
    case .lexical, .removed: true
    case .passageOfRow, .scales: length == rows * 4
    case .bytes: length == rows * stride
    case .halves: length == rows * stride * 2 || length == 0
    case .mean: length == stride * 4 || length == 0
    case .bits: length == rows * stride / 8 || length == 0
    }
  }
}

/// The header of a segment, checked against the file.
struct SegmentHeader {
  let passages: Int
  let rows: Int
  let dimension: Int
  let hasUsableBits: Bool
  let embedder: EmbedderID?
  let sections: [Range<Int>]
  private let digests: [[UInt8]]

  init(_ file: UnsafeRawBufferPointer) throws(IndexError) {
    guard file.count >= SegmentFile.headerSize, file.starts(with: SegmentFile.magic) else {
      throw .notAnIndex
    }
    let version = file.number(at: 8, as: UInt32.self) ?? 0
    guard version == SegmentFile.version else { throw .unknownVersion(version) }
    let end = SegmentFile.digestOffset
    let digest = SHA256.digest(UnsafeRawBufferPointer(rebasing: file[..<end]))
    guard digest.elementsEqual(file[end..<end + 32]) else { throw .wrongChecksum }
    guard file.number(at: 16, as: UInt64.self) == UInt64(file.count) else {
      throw .damaged(section: "length")
    }
    passages = try Self.count(file, at: 24, most: SegmentFile.mostPassages)
    rows = try Self.count(file, at: 32, most: SegmentFile.mostRows)
    dimension = Int(file.number(at: 40, as: UInt32.self) ?? 0)
    hasUsableBits = (file.number(at: 12, as: UInt32.self) ?? 0) & SegmentFile.bitsFlag != 0
    embedder = try Self.embedder(file)
    guard rows == 0 || embedder?.dimension == dimension, rows <= passages else {
      throw .damaged(section: "counts")
    }
    (sections, digests) = try Self.sections(file, rows: rows, dimension: dimension)
  }

  private static func count(
    _ file: UnsafeRawBufferPointer, at offset: Int, most: Int
  ) throws(IndexError) -> Int {
    let number = file.number(at: offset, as: UInt64.self) ?? 0
    guard number <= UInt64(most) else { throw .tooLarge("passages") }
    return Int(number)
  }

  private static func embedder(
    _ file: UnsafeRawBufferPointer
  ) throws(IndexError) -> EmbedderID? {
    let start = SegmentFile.embedderOffset + 4
    let length = Int(file.number(at: SegmentFile.embedderOffset, as: UInt32.self) ?? 0)
    guard length > 0 else { return nil }
    guard length <= EmbedderID.longest,
      let id = EmbedderID(String(decoding: file[start..<start + length], as: UTF8.self))
    else { throw .damaged(section: "embedder") }
    return id
  }

  private static func sections(
    _ file: UnsafeRawBufferPointer, rows: Int, dimension: Int
  ) throws(IndexError) -> ([Range<Int>], [[UInt8]]) {
    var sections: [Range<Int>] = []
    var digests: [[UInt8]] = []
    for section in SegmentFile.Section.allCases {
      let entry = SegmentFile.tableOffset + section.rawValue * SegmentFile.entrySize
      let offset = file.number(at: entry, as: UInt64.self) ?? 0
      let length = file.number(at: entry + 8, as: UInt64.self) ?? 0
      guard offset <= UInt64(file.count), length <= UInt64(file.count) - offset,
        offset >= UInt64(SegmentFile.headerSize), offset % 64 == 0 || length == 0,
        SegmentFile.size(of: section, rows: rows, dimension: dimension, Int(length))
      else { throw .damaged(section: "\(section)") }
      sections.append(Int(offset)..<Int(offset + length))
      digests.append(Array(file[entry + 16..<entry + 48]))
    }
    return (sections, digests)
  }

  /// Compares every section with its digest: reads the whole file.
  func verify(_ file: UnsafeRawBufferPointer) throws(IndexError) {
    for (range, digest) in zip(sections, digests) {
      guard SHA256.digest(UnsafeRawBufferPointer(rebasing: file[range])) == digest else {
        throw .wrongChecksum
      }
    }
  }
}
