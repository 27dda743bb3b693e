import Crypto
import Glibc

/// Keeps the folder of an unpacked package from being swept: a shared lock on it, which its process holds
/// to its end.
enum CodeLease {
  /// Takes a folder. False when it is not there, or about to go.
  static func take(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return false }
    // Whoever sweeps renames the folder first, under its own lock.
    var (held, named) = (stat(), stat())
    guard flock(file, LOCK_SH | LOCK_NB) == 0, fstat(file, &held) == 0, lstat(path, &named) == 0,
      held.st_ino == named.st_ino, held.st_dev == named.st_dev
    else {
      close(file)
      return false
    }
    // The descriptor stays open: it is the lease, and ends with the process.
    return true
  }
}

extension CodeArchive {
  private static let depthLimit = 64

  /// Removes the unpacked packages below `parent` that no process uses any more, and what was left of
  /// an unpacking that did not end.
  package static func sweep(_ parent: String) {
    for name in names(in: parent) where isOurs(name) {
      let path = parent + "/" + name
      let file = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard file >= 0 else { continue }
      defer { close(file) }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else { continue }
      let gone = "\(parent)/\(name.prefix(32)).\(Hex.encode(Random.bytes(8)))"
      guard rename(path, gone) == 0 else { continue }
      removeTree(gone, depth: depthLimit)
    }
  }

  /// Whether a name is that of a package's content, with or without a draft's ending.
  private static func isOurs(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count <= 2 && parts[0].utf8.count == 32
      && parts.allSatisfy { Hex.decode(String($0)) != nil }
  }

  /// Links are removed, never followed.
  private static func removeTree(_ path: String, depth: Int) {
    guard depth > 0 else { return }
    for name in names(in: path) {
      let inner = path + "/" + name
      if unlink(inner) != 0 { removeTree(inner, depth: depth - 1) }
    }
    rmdir(path)
  }

  private static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
