import Crypto
import Glibc

/// Puts the sections of a segment together.
struct SegmentWriter {
  let passages: Int
  let rows: Int
  let stride: Int
  let embedder: EmbedderID?
  let hasUsableBits: Bool
  let sections: [[UInt8]]

  func file() -> [UInt8] {
    let (offsets, end) = places()
    var file = header(offsets, end)
    file.reserveCapacity(end)
    for (section, offset) in zip(sections, offsets) {
      file += [UInt8](repeating: 0, count: offset - file.count)
      file += section
    }
    file += [UInt8](repeating: 0, count: end - file.count)
    return file
  }

  private func places() -> (offsets: [Int], end: Int) {
    var offset = SegmentFile.headerSize
    var offsets: [Int] = []
    for section in sections {
      if !section.isEmpty {
        offset = (offset + SegmentFile.alignment - 1) / SegmentFile.alignment
        offset *= SegmentFile.alignment
      }
      offsets.append(offset)
      offset += section.count
    }
    return (offsets, offset)
  }

  private func header(_ offsets: [Int], _ end: Int) -> [UInt8] {
    var header = SegmentFile.magic
    header.appendLittleEndian(SegmentFile.version)
    header.appendLittleEndian(hasUsableBits ? SegmentFile.bitsFlag : 0)
    for number in [end, passages, rows] { header.appendLittleEndian(UInt64(number)) }
    header.appendLittleEndian(UInt32(embedder?.dimension ?? 0))
    header.appendLittleEndian(UInt32(stride))
    for (section, offset) in zip(sections, offsets) {
      header.appendLittleEndian(UInt64(offset))
      header.appendLittleEndian(UInt64(section.count))
      header += SHA256.digest(section)
    }
    header += [UInt8](repeating: 0, count: SegmentFile.embedderOffset - header.count)
    let name = Array((embedder?.description ?? "").utf8)
    header.appendLittleEndian(UInt32(name.count))
    header += name
    header += [UInt8](repeating: 0, count: SegmentFile.digestOffset - header.count)
    return header + SHA256.digest(header)
  }

  /// Writes a file so that whoever opens its path finds the old one or the new one, never a part.
  static func save(_ bytes: [UInt8], as path: String) throws(IndexError) {
    let beside = "\(path).\(getpid()).new"
    let file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    let isWhole = rest.isEmpty && fsync(file) == 0
    let reason = String(cString: strerror(errno))
    close(file)
    guard isWhole, rename(beside, path) == 0 else {
      unlink(beside)
      throw .unreadable(reason)
    }
  }
}
