import Glibc

/// The text of a PDF file, by poppler's `pdftotext`.
enum PDFText {
  /// Bytes of text; more is no document.
  private static let limit = 32 * 1024 * 1024

  /// `program` takes `pdftotext`'s arguments; a name without a slash is looked for on the path.
  static func read(
    _ path: String, by program: String = "pdftotext"
  ) throws(DocumentFile.Problem) -> String {
    // A name that begins with a hyphen is no option.
    let file = path.hasPrefix("-") ? "./\(path)" : path
    let (status, bytes) = try run([program, "-q", "-enc", "UTF-8", "-nopgbrk", file, "-"])
    guard status == 0 else {
      throw .init(
        text: status == 127 ? absent(program) : "\(program) cannot read it (status \(status))")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw .init(text: "holds no text; pictures of pages are not read")
    }
    return text
  }

  private static func absent(_ program: String) -> String {
    "needs \(program): install Debian's package poppler-utils"
  }

  private static func run(
    _ words: [String]
  ) throws(DocumentFile.Problem) -> (status: Int32, output: [UInt8]) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw failure() }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child = pid_t()
    let code = posix_spawnp(&child, words[0], &actions, nil, &arguments, environ)
    close(ends[1])
    guard code == 0 else {
      throw .init(text: code == ENOENT ? absent(words[0]) : String(cString: strerror(code)))
    }
    let output = collect(ends[0])
    if output == nil { kill(child, SIGKILL) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard let output else { throw .init(text: "holds more than \(limit) bytes of text") }
    let hasExited = status & 0x7F == 0
    return (hasExited ? status >> 8 & 0xFF : -1, output)
  }

  /// All that comes; nil when it is too much.
  private static func collect(_ file: Int32) -> [UInt8]? {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return output }
      output += buffer[..<count]
      guard output.count <= limit else { return nil }
    }
  }

  private static func failure() -> DocumentFile.Problem {
    .init(text: String(cString: strerror(errno)))
  }
}
