import Glibc

/// The few things the program needs of the file system.
enum Files {
  enum Problem: Error, Equatable, CustomStringConvertible {
    case absent
    case tooLong(limit: Int)
    case unreadable(String)
    case unwritable(String)

    var description: String {
      switch self {
      case .absent: "does not exist"
      case .tooLong(let limit): "is longer than \(limit) bytes"
      case .unreadable(let reason): "cannot be read: \(reason)"
      case .unwritable(let reason): "cannot be written: \(reason)"
      }
    }
  }

  /// The bytes of a file; `-` is standard input.
  static func contents(of path: String, limit: Int) throws(Problem) -> [UInt8] {
    let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw errno == ENOENT ? .absent : .unreadable(String(cString: strerror(errno)))
    }
    defer { if file != STDIN_FILENO { close(file) } }
    var bytes: [UInt8] = []
    while true {
      var count = 0
      let part = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, size in
        count = read(file, buffer.baseAddress, buffer.count)
        size = max(0, count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .unreadable(String(cString: strerror(errno)))
      }
      if count == 0 { return bytes }
      bytes += part
      guard bytes.count <= limit else { throw .tooLong(limit: limit) }
    }
  }

  /// The path without `..` and links, or nil when there is nothing.
  static func absolute(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }

  /// What is in a folder, in the order of the names' bytes.
  static func names(in folder: String) throws(Problem) -> [String] {
    guard let entries = opendir(folder) else {
      throw errno == ENOENT ? .absent : .unreadable(String(cString: strerror(errno)))
    }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Replaces a file in one step; who reads it has the old bytes or the new ones.
  static func write(_ bytes: [UInt8], to path: String) throws(Problem) {
    let draft = path + ".new"
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .unwritable(String(cString: strerror(errno))) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else {
        let reason = String(cString: strerror(errno))
        close(file)
        unlink(draft)
        throw .unwritable(reason)
      }
      rest = rest.dropFirst(count)
    }
    guard close(file) == 0, rename(draft, path) == 0 else {
      throw .unwritable(String(cString: strerror(errno)))
    }
  }

  /// A new folder of our own.
  static func temporaryFolder(below parent: String) -> String? {
    var name = Array((parent + "/work-" + String(repeating: "X", count: 6)).utf8CString)
    return name.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
  }

  /// Removes a folder and the files in it; there are no folders in those that we make.
  static func remove(_ folder: String) {
    for name in (try? names(in: folder)) ?? [] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }
}
