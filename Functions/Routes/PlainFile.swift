import Glibc

/// Reads files of the package.
enum PlainFile {
  /// The bytes of a regular file; nil when there is none, or it is longer than `limit`. A link is no
  /// such file unless it may be one.
  static func bytes(of path: String, limit: Int, mayBeLink: Bool = false) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | (mayBeLink ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= limit
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var count = 0
    while count < bytes.count {
      let more = bytes[count...].withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      guard more > 0 else { return nil }
      count += more
    }
    return bytes
  }
}
