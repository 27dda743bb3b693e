import Glibc

/// A program of the system that does a part of the work.
struct Tool {
  let name: String
  /// What brings it, for whoever does not have it.
  let package: String

  static let strip = Tool(name: "strip", package: "binutils")
  static let patchelf = Tool(name: "patchelf", package: "patchelf")

  /// Runs it to its end; what it says goes to standard error.
  func run(_ arguments: String...) throws(ProjectError) {
    var words: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var pid = pid_t()
    let code = posix_spawnp(&pid, name, nil, nil, words, environ)
    guard code == 0 else {
      throw ProjectError(
        description: code == ENOENT
          ? "\(name) is missing; install the package \(package)"
          : "\(name) cannot be run: \(String(cString: strerror(code)))")
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      throw ProjectError(description: "\(name) \(arguments.joined(separator: " ")) failed")
    }
  }
}
