import Lambda

/// What is told about a package.
enum PackageReport {
  /// The first lines about a package, and its table.
  static func summary(of package: CodePackage, zipped: Int, at path: String) -> String {
    "\(path)  \(megabytes(zipped)) zipped, \(megabytes(package.size)) unpacked, "
      + "\(package.files.count) files\n" + table(package)
  }

  /// One line for `bootstrap` and one for each folder of the package.
  static func table(_ package: CodePackage) -> String {
    var rows: [(name: String, files: Int, packed: Int, size: Int)] = []
    for file in package.files {
      let parts = file.path.split(separator: "/")
      // A folder of the package; of the declared files also the one below it.
      let name =
        parts.count == 1 ? file.path : parts.dropLast().prefix(2).joined(separator: "/") + "/"
      if rows.last?.name == name, let last = rows.indices.last {
        rows[last].files += 1
        rows[last].packed += file.packedSize
        rows[last].size += file.size
      } else {
        rows.append((name, 1, file.packedSize, file.size))
      }
    }
    return rows.map { row in
      "  " + left(row.name, 40) + right("\(row.files) file\(row.files == 1 ? " " : "s")", 10)
        + right(megabytes(row.packed), 12) + right(megabytes(row.size), 12)
    }.joined(separator: "\n")
  }

  /// Which versions of the C and C++ libraries a program needs, and where they come from.
  static func versions(of program: PreparedProgram, at path: String) -> String {
    var lines: [String] = []
    for library in ["GLIBC", "GLIBCXX", "CXXABI"] {
      let needed = program.versions.keys.filter { $0.library == library }.sorted()
      guard let highest = needed.last else { continue }
      let numbers = needed.map { $0.numbers.map(String.init).joined(separator: ".") }
      lines.append(
        "  \(library) " + numbers.joined(separator: " ")
          + " (the last: \(program.versions[highest] ?? ""))")
    }
    guard !lines.isEmpty else { return "\(path) is static: it needs no library of the system" }
    let origin =
      program.bringsLoader
      ? "the package brings loader and libraries" : "\(TargetSystem.name) has them"
    return "\(path) needs these symbol versions; \(origin)\n" + lines.joined(separator: "\n")
  }

  /// Mebibytes, as Lambda counts its limits.
  static func megabytes(_ bytes: Int) -> String {
    let tenths = (bytes * 10 + (1 << 19)) >> 20
    return "\(tenths / 10).\(tenths % 10) MB"
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
