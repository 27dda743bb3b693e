import Crypto
import Glibc

/// The bytes of an index file, or of a part of one: in memory, or mapped from a file. Nothing is copied.
package struct IndexBytes: Sendable {
  private enum Storage: Sendable {
    case memory([UInt8])
    case mapped(Mapping)
  }

  private let storage: Storage
  private let range: Range<Int>

  package init(_ bytes: [UInt8]) {
    storage = .memory(bytes)
    range = 0..<bytes.count
  }

  /// Maps a file; its pages are read when they are touched. The file may be replaced meanwhile (by a
  /// rename), but must not be shortened.
  package init(mapping path: String) throws(IndexError) {
    let mapping = try Mapping(path)
    storage = .mapped(mapping)
    range = 0..<mapping.count
  }

  private init(storage: Storage, range: Range<Int>) {
    self.storage = storage
    self.range = range
  }

  package var count: Int { range.count }

  /// A part; nil when it does not lie inside.
  func part(at offset: Int, count: Int) -> IndexBytes? {
    guard offset >= 0, count >= 0, offset <= range.count, count <= range.count - offset else {
      return nil
    }
    let start = range.lowerBound + offset
    return IndexBytes(storage: storage, range: start..<start + count)
  }

  /// SHA-256 of all, in hexadecimal; reads all.
  var digest: String { withUnsafeBytes { Hex.encode(SHA256.digest($0)) } }

  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .memory(let bytes):
      // The closure of the array's own method cannot throw a chosen type.
      var result: Swift.Result<Result, Failure>?
      bytes.withUnsafeBytes { whole in
        let part = UnsafeRawBufferPointer(rebasing: whole[range])
        do throws(Failure) {
          result = .success(try body(part))
        } catch {
          result = .failure(error)
        }
      }
      guard let result else { fatalError("an array calls its closure") }
      return try result.get()
    case .mapped(let mapping):
      return try withExtendedLifetime(mapping) { () throws(Failure) -> Result in
        try body(UnsafeRawBufferPointer(rebasing: mapping.bytes[range]))
      }
    }
  }
}

/// A file in the address space of the process, for reading.
///
/// Sendable: the bytes never change and stay mapped as long as this lives.
private final class Mapping: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  var count: Int { bytes.count }

  init(_ path: String) throws(IndexError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable("not a file")
    }
    guard status.st_size > 0 else { throw .notAnIndex }
    let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, file, 0)
    guard let start, start != MAP_FAILED else {
      throw .unreadable(String(cString: strerror(errno)))
    }
    bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
