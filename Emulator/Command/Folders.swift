import Glibc

extension Files {
  /// What the last system call failed with.
  static var reason: String { String(cString: strerror(errno)) }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, sorted by their bytes, without those that begin with a dot; none when
  /// the folder cannot be read.
  static func visible(in folder: String) -> [String] {
    ((try? names(in: folder)) ?? []).filter { !$0.hasPrefix(".") }
  }

  /// The regular files of a folder and the folders in it, as paths from it; links are passed over.
  static func tree(_ path: String, depth: Int = 32) -> [String] {
    guard depth > 0 else { return [] }
    return visible(in: path).flatMap { name -> [String] in
      var status = stat()
      guard lstat(path + "/" + name, &status) == 0 else { return [] }
      switch status.st_mode & S_IFMT {
      case S_IFREG: return [name]
      case S_IFDIR: return tree(path + "/" + name, depth: depth - 1).map { name + "/" + $0 }
      default: return []
      }
    }
  }

  /// Copies a regular file to a new one that only its owner may read.
  static func copy(_ source: String, to target: String) throws(FileError) {
    let input = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard input >= 0 else { throw .last(source) }
    defer { close(input) }
    let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard output >= 0 else { throw .last(target) }
    defer { close(output) }
    while true {
      let count = sendfile(output, input, nil, 1 << 30)
      if count == 0 { return }
      guard count > 0 else { throw .last(target) }
    }
  }
}
