import Glibc

/// Why the state cannot be used, and what to do about it.
enum StateError: Error, Equatable, CustomStringConvertible {
  case refused(path: String, reason: String)
  /// Another `martlet start` has it.
  case inUse(path: String, pid: Int32?)

  var description: String {
    switch self {
    case .refused(let path, let reason): "the state folder \(path) \(reason)"
    case .inUse(let path, let pid):
      "\(path) is in use by another martlet start\(pid.map { " (process \($0))" } ?? ""); "
        + "end that one, or choose another folder with --dir"
    }
  }
}

/// The folder in which a project's state is kept: private to its owner, used by one `start` at a
/// time.
struct StateFolder {
  let path: String

  var database: String { path + "/state.sqlite" }
  /// The folder of long objects.
  var objects: String { path + "/objects" }

  /// Makes the folder with mode 0700 when it is absent. A symbolic link and another user's folder
  /// are refused; a folder of ours that others could read is closed to them.
  init(_ path: String) throws(StateError) {
    self.path = path
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw .refused(path: path, reason: "cannot be made: \(Self.reason)")
    }
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw .refused(path: path, reason: "cannot be read: \(Self.reason)")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .refused(path: path, reason: "is not a folder (a symbolic link is refused)")
    }
    guard status.st_uid == geteuid() else {
      throw .refused(path: path, reason: "belongs to another user")
    }
    guard status.st_mode & 0o077 == 0 || chmod(path, 0o700) == 0 else {
      throw .refused(path: path, reason: "cannot be closed to others: \(Self.reason)")
    }
  }

  /// Takes the folder for this process until the lock is let go or the process ends, however it
  /// does.
  func lock() throws(StateError) -> StateLock {
    let file = open(path + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw .refused(path: path, reason: "cannot be locked: \(Self.reason)")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let pid = Self.number(in: file)
      close(file)
      throw .inUse(path: path, pid: pid)
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
      close(file)
      throw .refused(path: path, reason: "cannot be written: \(Self.reason)")
    }
    return StateLock(file: file)
  }

  private static func number(in file: Int32) -> Int32? {
    let bytes = [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
      count = max(0, pread(file, buffer.baseAddress, buffer.count, 0))
    }
    return Int32(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
  }

  private static var reason: String { String(cString: strerror(errno)) }
}

/// Holds a state folder; letting it go frees the folder.
final class StateLock: Sendable {
  private let file: Int32

  fileprivate init(file: Int32) {
    self.file = file
  }

  deinit { close(file) }
}
