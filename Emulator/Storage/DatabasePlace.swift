import CSQLite
import Glibc

/// How much of what was answered survives.
package enum Durability: String, Sendable, CaseIterable {
  /// A killed process loses nothing; a power cut may lose the last writes.
  case normal
  /// A power cut loses nothing either: every commit waits for the disk.
  case full
}

/// Where a database lies, checked and made before SQLite opens it.
struct DatabasePlace {
  let path: String
  let isFile: Bool

  static let memory = DatabasePlace(path: ":memory:", isFile: false)

  private init(path: String, isFile: Bool) {
    self.path = path
    self.isFile = isFile
  }

  /// Prepares `path`: the folder is made with mode 0700, the file with 0600. A symbolic link, a file
  /// of another user and a folder that others may write to are refused, since whoever controls the
  /// file controls what the functions read.
  init(file path: String) throws(DatabaseError) {
    let (folder, name) = Self.split(path)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw .refusedPath("\(path) names no file")
    }
    try Self.prepare(folder: folder)
    guard let resolved = realpath(folder, nil) else {
      throw .refusedPath("\(folder) cannot be read: \(Self.reason)")
    }
    defer { free(resolved) }
    self.path = String(cString: resolved) + "/" + name
    isFile = true
    try Self.prepare(file: self.path)
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    return (folder, String(path[path.index(after: slash)...]))
  }

  private static func prepare(folder: String) throws(DatabaseError) {
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw .refusedPath("the folder \(folder) cannot be made: \(reason)")
    }
    var status = stat()
    guard lstat(folder, &status) == 0 else {
      throw .refusedPath("the folder \(folder) cannot be read: \(reason)")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .refusedPath("\(folder) is not a folder (a symbolic link is refused)")
    }
    let isShared = status.st_mode & 0o022 != 0 && status.st_mode & S_ISVTX == 0
    guard status.st_uid == geteuid() || status.st_mode & S_ISVTX != 0, !isShared else {
      throw .refusedPath("others may write to the folder \(folder): state is not kept there")
    }
  }

  private static func prepare(file: String) throws(DatabaseError) {
    let descriptor = open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else {
      let isLink = errno == ELOOP
      throw .refusedPath(
        isLink ? "\(file) is a symbolic link" : "\(file) cannot be opened: \(reason)")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .refusedPath("\(file) is not a regular file")
    }
    guard status.st_uid == geteuid() else {
      throw .refusedPath("\(file) belongs to another user")
    }
    // SQLite gives its -wal and -shm files the mode of the database.
    guard fchmod(descriptor, 0o600) == 0 else {
      throw .refusedPath("\(file) cannot be made private: \(reason)")
    }
  }

  private static var reason: String { String(cString: strerror(errno)) }
}
