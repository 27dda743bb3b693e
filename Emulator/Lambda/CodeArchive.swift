import Compression
import Crypto
import Glibc

/// A function's deployment package, a zip file, unpacked once for each content.
///
/// Source of the format: PKWARE, "APPNOTE.TXT", 4.3; of the limits: Lambda quotas.
package struct CodeArchive {
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// Not a zip file, or one that breaks the format.
    case malformed(String)
    /// Something that a deployment package may not hold.
    case refused(String)
    case system(String)

    package var description: String {
      switch self {
      case .malformed(let what): "is no sound zip file: \(what)"
      case .refused(let what): "is refused: \(what)"
      case .system(let what): "cannot be unpacked: \(what)"
      }
    }
  }

  private struct Entry {
    var name: String
    var isFolder: Bool
    var isExecutable: Bool
    var method: UInt16
    var checksum: UInt32
    var packedSize: Int
    var size: Int
    var header: Int
  }

  /// Lambda quotas: 250 MB unpacked.
  private static let longest = 250 * 1024 * 1024
  private static let mostEntries = 20_000

  private let bytes: [UInt8]
  private let entries: [Entry]

  package init(_ bytes: [UInt8]) throws(Failure) {
    self.bytes = bytes
    entries = try Self.entries(of: bytes)
  }

  /// Unpacks into a folder below `parent` that is named after the content, unless it is there
  /// already. Answers its path, which stays as long as this process.
  package func unpack(below parent: String) throws(Failure) -> String {
    let target = parent + "/" + Hex.encode(SHA256.digest(bytes)).prefix(32)
    for _ in 0..<Self.attempts {
      if CodeLease.take(target) { return target }
      try make(target, below: parent)
    }
    throw Self.failure(target)
  }

  /// How often somebody else may remove a folder that was just made.
  private static let attempts = 5

  private func make(_ target: String, below parent: String) throws(Failure) {
    try Self.makeFolder(parent)
    let draft = target + "." + Hex.encode(Random.bytes(8))
    do throws(Failure) {
      try Self.makeFolder(draft)
      guard CodeLease.take(draft) else { throw Self.failure(draft) }
      for entry in entries { try write(entry, below: draft) }
      // Another process may have been faster.
      guard rename(draft, target) == 0 || errno == ENOTEMPTY || errno == EEXIST else {
        throw Self.failure(target)
      }
    } catch {
      remove(draft)
      throw error
    }
    remove(draft)
  }

  private func write(_ entry: Entry, below folder: String) throws(Failure) {
    var path = folder
    let parts = entry.name.split(separator: "/")
    for part in entry.isFolder ? parts[...] : parts.dropLast() {
      path += "/" + part
      try Self.makeFolder(path)
    }
    guard !entry.isFolder, let name = parts.last else { return }
    path += "/" + name
    let content = try content(of: entry)
    let mode: mode_t = entry.isExecutable ? 0o700 : 0o600
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard file >= 0 else { throw Self.failure(entry.name) }
    defer { close(file) }
    var rest = content[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Self.failure(entry.name) }
      rest = rest.dropFirst(count)
    }
  }

  /// Removes what `write` made. Nothing happens when it is not there.
  private func remove(_ folder: String) {
    var folders = [folder]
    for entry in entries {
      var path = folder
      let parts = entry.name.split(separator: "/")
      for part in entry.isFolder ? parts[...] : parts.dropLast() {
        path += "/" + part
        folders.append(path)
      }
      if !entry.isFolder { unlink(folder + "/" + entry.name) }
    }
    for path in Set(folders).sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir(path) }
  }

  private func content(of entry: Entry) throws(Failure) -> [UInt8] {
    guard let reader = Reader(bytes, at: entry.header, count: 30),
      reader.number32(0) == 0x0403_4b50
    else { throw .malformed("\(entry.name) has no header") }
    let start = entry.header + 30 + Int(reader.number16(26)) + Int(reader.number16(28))
    guard start <= bytes.count, entry.packedSize <= bytes.count - start else {
      throw .malformed("\(entry.name) lies outside of the file")
    }
    let packed = bytes[start..<start + entry.packedSize]
    let content: [UInt8]
    if entry.method == 0 {
      content = Array(packed)
    } else {
      do {
        content = try Inflate.bytes(of: packed, limit: entry.size)
      } catch {
        throw .malformed("\(entry.name) cannot be decompressed")
      }
    }
    guard content.count == entry.size, CRC32.checksum(content) == entry.checksum else {
      throw .malformed("\(entry.name) is damaged")
    }
    return content
  }

  private static func makeFolder(_ path: String) throws(Failure) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
  }

  private static func failure(_ path: String) -> Failure {
    .system("\(path): \(String(cString: strerror(errno)))")
  }
}

// MARK: - The directory

extension CodeArchive {
  private static func entries(of bytes: [UInt8]) throws(Failure) -> [Entry] {
    let end = try endOfDirectory(in: bytes)
    let count = Int(end.number16(10))
    guard count <= mostEntries, count == end.number16(8) else {
      throw .refused("more than \(mostEntries) entries, or several volumes")
    }
    var place = Int(end.number32(16))
    var entries: [Entry] = []
    var total = 0
    for _ in 0..<count {
      guard let reader = Reader(bytes, at: place, count: 46), reader.number32(0) == 0x0201_4b50
      else { throw .malformed("its directory is broken") }
      let nameLength = Int(reader.number16(28))
      guard let name = text(bytes, at: place + 46, count: nameLength) else {
        throw .malformed("a name is no UTF-8")
      }
      let entry = try entry(name, reader)
      total += entry.size
      guard total <= longest else { throw .refused("over 250 MB unpacked") }
      entries.append(entry)
      place += 46 + nameLength + Int(reader.number16(30)) + Int(reader.number16(32))
    }
    return entries
  }

  /// The record at the end, behind which only a comment may stand.
  private static func endOfDirectory(in bytes: [UInt8]) throws(Failure) -> Reader {
    var place = bytes.count - 22
    while place >= max(0, bytes.count - 22 - 65_535) {
      if let reader = Reader(bytes, at: place, count: 22), reader.number32(0) == 0x0605_4b50,
        place + 22 + Int(reader.number16(20)) == bytes.count
      {
        return reader
      }
      place -= 1
    }
    throw .malformed("it has no directory")
  }

  private static func entry(_ name: String, _ reader: Reader) throws(Failure) -> Entry {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isFolder = name.hasSuffix("/")
    let named = isFolder ? parts.dropLast() : parts[...]
    // What would be written outside of the folder ("zip slip").
    guard !named.isEmpty, !named.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }),
      !name.utf8.contains(0), !name.utf8.contains(0x5C)
    else { throw .refused("the path '\(name)'") }
    let isFromUnix = reader.number16(4) >> 8 == 3
    let mode = isFromUnix ? reader.number32(38) >> 16 : 0o100644
    let kind = mode & 0o170000
    guard kind == 0 || kind == 0o100000 || kind == 0o040000 else {
      throw .refused("'\(name)' is neither file nor folder")
    }
    guard reader.number16(8) & 1 == 0 else { throw .refused("'\(name)' is encrypted") }
    let entry = Entry(
      name: name, isFolder: isFolder, isExecutable: mode & 0o111 != 0,
      method: reader.number16(10), checksum: reader.number32(16),
      packedSize: Int(reader.number32(20)), size: Int(reader.number32(24)),
      header: Int(reader.number32(42)))
    guard entry.method == 0 || entry.method == 8 else {
      throw .refused("'\(name)' is compressed by method \(entry.method)")
    }
    guard entry.size < 0xFFFF_FFFF, entry.packedSize < 0xFFFF_FFFF, entry.header < 0xFFFF_FFFF
    else { throw .refused("'\(name)' needs Zip64") }
    return entry
  }

  private static func text(_ bytes: [UInt8], at place: Int, count: Int) -> String? {
    guard place + count <= bytes.count else { return nil }
    return String(validating: bytes[place..<place + count], as: UTF8.self)
  }
}

/// Little-endian numbers at a checked place.
private struct Reader {
  private let bytes: ArraySlice<UInt8>

  init?(_ bytes: [UInt8], at place: Int, count: Int) {
    guard place >= 0, count <= bytes.count - place else { return nil }
    self.bytes = bytes[place..<place + count]
  }

  func number16(_ offset: Int) -> UInt16 {
    let place = bytes.startIndex + offset
    return UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8
  }

  func number32(_ offset: Int) -> UInt32 {
    UInt32(number16(offset)) | UInt32(number16(offset + 2)) << 16
  }
}
