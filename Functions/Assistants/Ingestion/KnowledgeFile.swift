import Glibc

/// A text file of an assistant's knowledge, read whole.
package struct KnowledgeFile: Sendable {
  /// Knowledge that is packed with a function is small.
  package static let limit = 64 * 1024 * 1024

  /// As errors name it.
  package let name: String
  package let bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) throws(KnowledgeFileError) {
    self.name = name
    // A byte order mark is no content.
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    guard String(validating: self.bytes, as: UTF8.self) != nil else {
      throw KnowledgeFileError(file: name, .notUTF8)
    }
  }

  /// Reads `folder/name`.
  package init(name: String, folder: String) throws(KnowledgeFileError) {
    try self.init(name: name, bytes: try Self.read("\(folder)/\(name)", name: name))
  }

  private static func read(_ path: String, name: String) throws(KnowledgeFileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(name) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(name) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw KnowledgeFileError(file: name, .unreadable("not a file"))
    }
    guard status.st_size <= limit else {
      throw KnowledgeFileError(file: name, .tooLarge(limit: limit))
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(name) }
      if count == 0 { break }
      filled += count
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  private static func failure(_ name: String) -> KnowledgeFileError {
    KnowledgeFileError(file: name, .unreadable(String(cString: strerror(errno))))
  }

  /// The lines without their ends, with their numbers from 1. A last line without an end counts.
  package var lines: [(number: Int, bytes: ArraySlice<UInt8>)] {
    var lines: [(number: Int, bytes: ArraySlice<UInt8>)] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      lines.append((index + 1, line.last == 0x0D ? line.dropLast() : line))
    }
    if let last = lines.last, last.bytes.isEmpty { lines.removeLast() }
    return lines
  }

  /// Fields separated by tabs, the same number in every line; no quoting (IANA
  /// text/tab-separated-values, without a header).
  package func tabSeparated(
    fields count: Int
  ) throws(KnowledgeFileError) -> [(line: Int, fields: [String])] {
    var rows: [(line: Int, fields: [String])] = []
    for (number, line) in lines {
      let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard fields.count == count else {
        throw KnowledgeFileError(
          file: name, line: number, .wrongFieldCount(expected: count, found: fields.count))
      }
      rows.append((number, fields))
    }
    return rows
  }
}
