import Glibc

/// Finds the shared libraries that a program loads on this machine, as its loader would.
struct LibrarySearch {
  struct Library: Equatable {
    let name: String
    let path: String
    let bytes: [UInt8]
    let file: ELFFile
  }

  /// A library that is needed and not there.
  struct Missing: Error, Equatable, CustomStringConvertible {
    let name: String
    let user: String
    var description: String { "\(user) needs \(name), which is not on this machine" }
  }

  private static let longest = 250 * 1024 * 1024
  private let folders: [String]

  /// Looks in these folders; without any in those of the system.
  init(folders: [String]? = nil) {
    self.folders = folders ?? Self.systemFolders()
  }

  /// What a program is linked with, and what those libraries are, each once.
  ///
  /// `opened` are libraries that it may open while it runs. One that is not there is left out: the
  /// program has to do without it on this machine, too.
  func closure(
    of program: ELFFile, at path: String, opened: Set<String>
  ) throws -> [Library] {
    var found: [String: Library] = [:]
    var waiting = program.needed.map { ($0, path, program, true) }
    waiting += opened.sorted().map { ($0, path, program, false) }
    while let (name, user, file, isNeeded) = waiting.popLast() {
      guard found[name] == nil else { continue }
      guard let library = try find(name, for: file, at: user) else {
        guard isNeeded else { continue }
        throw Missing(name: name, user: user)
      }
      found[name] = library
      waiting += library.file.needed.map { ($0, library.path, library.file, true) }
    }
    return found.values.sorted { $0.name < $1.name }
  }

  private func find(_ name: String, for user: ELFFile, at path: String) throws -> Library? {
    let origin = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let own = user.searchPath.map {
      $0.replacing("${ORIGIN}", with: origin).replacing("$ORIGIN", with: origin)
    }
    for folder in own + folders {
      let candidate = folder + "/" + name
      guard access(candidate, R_OK) == 0 else { continue }
      let bytes = try Files.contents(of: candidate, limit: Self.longest)
      // A folder may hold libraries for another kind of machine.
      guard let file = try? ELFFile(bytes), file.machine == user.machine else { continue }
      return Library(name: name, path: candidate, bytes: bytes, file: file)
    }
    return nil
  }

  /// The folders of `/etc/ld.so.conf`, then those that the loader knows itself.
  private static func systemFolders() -> [String] {
    let usual = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    return configured("/etc/ld.so.conf", depth: 0) + usual
  }

  private static func configured(_ path: String, depth: Int) -> [String] {
    guard depth < 4, let bytes = try? Files.contents(of: path, limit: 1 << 20) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").flatMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { return [String]() }
      guard first == "include" else { return [first] }
      return words.dropFirst().flatMap(matches).flatMap { configured($0, depth: depth + 1) }
    }
  }

  private static func matches(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv[index].map { String(cString: $0) }
    }
  }
}
