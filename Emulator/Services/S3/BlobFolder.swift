import Crypto
import Glibc
import Server

/// Bodies that are too big for the database, one file each under a random name: a key never becomes
/// a path. A thread of its own does what may wait for the disk.
final class BlobFolder: Sendable {
  let path: String
  private let isTemporary: Bool
  private let thread: EventLoop
  /// For copies of whole files, so that nobody else waits for them.
  private let copying: EventLoop

  /// Files younger than this are left alone by `sweep`: another process may be about to record them.
  private static let sweepAge = 3_600

  /// Makes the folder (0700) when it is absent; nil makes one that goes with this value.
  init(_ path: String?) throws {
    thread = try EventLoop(name: "files")
    copying = try EventLoop(name: "copies")
    isTemporary = path == nil
    if let path {
      self.path = path
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw BlobError.failed(call: "mkdir", path: path, code: errno)
      }
      return
    }
    var template = Array(("/tmp/martlet-objects-" + String(repeating: "X", count: 6)).utf8CString)
    guard mkdtemp(&template) != nil else {
      throw BlobError.failed(call: "mkdtemp", path: "/tmp", code: errno)
    }
    self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    thread.end()
    copying.end()
    guard isTemporary else { return }
    for name in Self.names(in: path) { unlink(path + "/" + name) }
    rmdir(path)
  }

  /// Runs what may wait for the disk.
  func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await Self.run(on: thread, body)
  }

  /// Runs what reads or writes whole files, of any length.
  func runLong<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await Self.run(on: copying, body)
  }

  private static func run<Result: Sendable>(
    on thread: EventLoop, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      thread.execute { continuation.resume(with: Swift.Result { try body() }) }
    }
  }

  func path(of name: String) -> String { path + "/" + name }

  /// Removes files, later; a missing one is not an error.
  func remove(_ names: [String]) {
    guard !names.isEmpty else { return }
    thread.execute { [self] in
      for name in names { unlink(path(of: name)) }
    }
  }

  /// The files that a process may have left behind that was killed between writing a body and
  /// recording it: those that have not been written to for an hour.
  func oldNames(now: Int = time(nil)) -> [String] {
    Self.names(in: path).filter { name in
      var status = stat()
      return lstat(path(of: name), &status) == 0
        && status.st_mtim.tv_sec + Self.sweepAge < now
    }
  }

  static func newName() -> String {
    Hex.encode(Random.bytes(16)) + ".body"
  }

  private static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".body") { names.append(name) }
    }
    return names
  }
}

enum BlobError: Error {
  case failed(call: String, path: String, code: Int32)
}

/// A file that is being written. Used by one task at a time, on the folder's thread.
final class BlobFile: @unchecked Sendable {
  // Why unchecked: the receiver that owns it awaits each use before the next.
  let name: String
  private let path: String
  private var descriptor: Int32

  init(in folder: BlobFolder) throws {
    name = BlobFolder.newName()
    path = folder.path(of: name)
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw BlobError.failed(call: "open", path: path, code: errno) }
  }

  deinit {
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw BlobError.failed(call: "write", path: path, code: errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Appends a part of another file.
  func append(_ source: String, from start: Int, count: Int) throws {
    let file = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw BlobError.failed(call: "open", path: source, code: errno) }
    defer { Glibc.close(file) }
    var offset = start
    // Within the kernel, where the file system can; the rest, or all of it, through a buffer.
    while offset < start + count {
      var place = off_t(offset)
      let copied = sendfile(descriptor, file, &place, start + count - offset)
      guard copied > 0 else { break }
      offset += copied
    }
    guard offset < start + count else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 64)
    defer { buffer.deallocate() }
    while offset < start + count {
      let wanted = min(buffer.count, start + count - offset)
      let read = pread(file, buffer.baseAddress, wanted, off_t(offset))
      guard read > 0 else { throw BlobError.failed(call: "pread", path: source, code: errno) }
      try write(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
      offset += read
    }
  }

  func close() throws {
    let descriptor = self.descriptor
    self.descriptor = -1
    guard Glibc.close(descriptor) == 0 else {
      throw BlobError.failed(call: "close", path: path, code: errno)
    }
  }

  func discard() {
    unlink(path)
  }
}

extension BlobFolder {
  /// Hands a file's bytes to `body`, piece by piece. On the folder's thread only.
  func read(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let path = path(of: name)
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw BlobError.failed(call: "open", path: path, code: errno) }
    defer { Glibc.close(file) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = Glibc.read(file, buffer.baseAddress, buffer.count)
      guard count >= 0 else { throw BlobError.failed(call: "read", path: path, code: errno) }
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
