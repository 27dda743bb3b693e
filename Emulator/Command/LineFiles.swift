import Glibc
import JSON

/// Why a file of a seed or an export cannot be used.
enum FileError: Error, Equatable, CustomStringConvertible {
  case absent(String)
  case failed(String, reason: String)
  case malformed(String, line: Int, reason: String)

  var description: String {
    switch self {
    case .absent(let path): "\(path) does not exist"
    case .failed(let path, let reason): "\(path): \(reason)"
    case .malformed(let path, let line, let reason): "\(path), line \(line): \(reason)"
    }
  }

  static func last(_ path: String) -> FileError {
    errno == ENOENT ? .absent(path) : .failed(path, reason: Files.reason)
  }
}

/// Writes JSON values, one a line, to a new file that only its owner may read.
final class LineWriter {
  private static let bufferSize = 1 << 18
  private let path: String
  private let file: Int32
  private var buffer: [UInt8] = []

  init(_ path: String) throws(FileError) {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .last(path) }
  }

  deinit { Glibc.close(file) }

  func write(_ value: JSONValue) throws(FileError) {
    buffer += value.encoded()
    buffer.append(0x0A)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Returns once the disk has everything.
  func close() throws(FileError) {
    try flush()
    guard fsync(file) == 0 else { throw .last(path) }
  }

  private func flush() throws(FileError) {
    var offset = 0
    while offset < buffer.count {
      let count = buffer.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress.map { $0 + offset }, $0.count - offset)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .last(path) }
      offset += count
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Reads JSON values, one a line; empty lines are passed over.
final class LineReader {
  private static let bufferSize = 1 << 18
  /// No row and no item is as long: DynamoDB's have 400 KB.
  private static let longestLine = 64 << 20
  private let path: String
  private let file: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  /// The number of the line that was read last, from 1 on.
  private(set) var line = 0

  init(_ path: String) throws(FileError) {
    self.path = path
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .last(path) }
  }

  deinit { close(file) }

  /// The next value; nil at the end.
  func next() throws(FileError) -> JSONValue? {
    while let bytes = try nextLine() {
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      do {
        return try JSONValue(parsing: bytes)
      } catch {
        throw .malformed(path, line: line, reason: "\(error)")
      }
    }
    return nil
  }

  private func nextLine() throws(FileError) -> [UInt8]? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        let bytes = Array(buffer[position..<end])
        position = end + 1
        line += 1
        return bytes
      }
      guard !isAtEnd else {
        guard position < buffer.count else { return nil }
        let bytes = Array(buffer[position...])
        position = buffer.count
        line += 1
        return bytes
      }
      buffer.removeFirst(position)
      position = 0
      searched = buffer.count
      guard buffer.count <= Self.longestLine else {
        throw .malformed(path, line: line + 1, reason: "the line is longer than 64 MB")
      }
      try fill()
    }
  }

  private func fill() throws(FileError) {
    var count = 0
    let piece = [UInt8](unsafeUninitializedCapacity: Self.bufferSize) { bytes, size in
      repeat {
        count = read(file, bytes.baseAddress, bytes.count)
      } while count < 0 && errno == EINTR
      size = max(0, count)
    }
    guard count >= 0 else { throw .last(path) }
    isAtEnd = count == 0
    buffer += piece
  }
}
