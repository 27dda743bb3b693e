import Compression
import Crypto

/// A deployment package that is being made: the same files give the same bytes, on every day.
package struct CodePackage: Sendable {
  /// A file of the package, compressed already: several packages may hold the same one.
  package struct File: Sendable, Equatable {
    /// Relative to `LAMBDA_TASK_ROOT`, parts separated by slashes.
    package let path: String
    package let size: Int
    fileprivate let isExecutable: Bool
    fileprivate let checksum: UInt32
    fileprivate let isCompressed: Bool
    fileprivate let content: [UInt8]

    /// Bytes of the package that this file takes, its directory entries not counted.
    package var packedSize: Int { content.count }

    package init(_ path: String, _ bytes: [UInt8], isExecutable: Bool = false) {
      self.path = path
      self.isExecutable = isExecutable
      size = bytes.count
      checksum = CRC32.checksum(bytes)
      let packed = Deflate.packed(bytes)
      isCompressed = packed != nil
      content = packed ?? bytes
    }
  }

  /// In the order of their paths, each path once.
  package let files: [File]

  package init(_ files: [File]) {
    var byPath: [String: File] = [:]
    for file in files { byPath[file.path] = file }
    self.files = byPath.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Bytes when unpacked.
  package var size: Int { files.reduce(0) { $0 + $1.size } }

  /// The zip file (PKWARE, "APPNOTE.TXT", 4.3). Its times are the format's first, 1980-01-01.
  package func bytes() -> [UInt8] {
    var writer = Writer()
    var directory = Writer()
    for file in files {
      let place = writer.bytes.count
      writer.number32(0x0403_4b50)
      writer.describe(file)
      writer.number16(0)
      writer.bytes += file.path.utf8
      writer.bytes += file.content
      directory.number32(0x0201_4b50)
      // Made on Unix (3), so that the attributes are a file's mode.
      directory.number16(3 << 8 | 20)
      directory.describe(file)
      for _ in 0..<4 { directory.number16(0) }
      directory.number32(file.isExecutable ? 0o100755 << 16 : 0o100644 << 16)
      directory.number32(place)
      directory.bytes += file.path.utf8
    }
    let start = writer.bytes.count
    writer.bytes += directory.bytes
    writer.number32(0x0605_4b50)
    writer.number32(0)
    writer.number16(files.count)
    writer.number16(files.count)
    writer.number32(directory.bytes.count)
    writer.number32(start)
    writer.number16(0)
    return writer.bytes
  }

  private struct Writer {
    var bytes: [UInt8] = []

    mutating func number16(_ number: Int) {
      bytes.append(UInt8(truncatingIfNeeded: number))
      bytes.append(UInt8(truncatingIfNeeded: number >> 8))
    }

    mutating func number32(_ number: Int) {
      number16(number)
      number16(number >> 16)
    }

    /// What a file's header and its directory entry have in common.
    mutating func describe(_ file: File) {
      number16(20)
      // Names are UTF-8.
      number16(1 << 11)
      number16(file.isCompressed ? 8 : 0)
      number16(0)
      number16(1 << 5 | 1)
      number32(Int(file.checksum))
      number32(file.packedSize)
      number32(file.size)
      number16(file.path.utf8.count)
    }
  }
}
