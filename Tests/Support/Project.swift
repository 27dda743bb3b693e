import Foundation

/// Where things of this project lie on the machine that runs its tests.
package enum Project {
  /// The folder of `Package.swift`, without a slash at its end.
  package static let root: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)  // Tests/Support/Project.swift
    return parts.joined(separator: "/")
  }()

  /// The folder of the programs that were built with the running tests: `bootstrap`, `martlet`.
  package static let programs: String = {
    let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = test.split(separator: "/").dropLast().joined(separator: "/")
    // `swift test` runs the suites inside a bundle's program; the others lie beside it.
    return "/" + folder
  }()

  /// True when the long tests are wanted, too: `./martlet test --all`.
  package static let runsEverything =
    ProcessInfo.processInfo.environment["MARTLET_TESTS"] == "all"

  /// The bytes of a file, named from the project's folder.
  package static func bytes(_ path: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(filePath: root + "/" + path)))
  }

  /// The text of a file, named from the project's folder.
  package static func text(_ path: String) throws -> String {
    try String(decoding: bytes(path), as: UTF8.self)
  }

  /// Every file below a folder of the project whose name ends so, as paths from the project's folder.
  package static func files(below folder: String, ending: String) -> [String] {
    guard let names = FileManager.default.subpaths(atPath: "\(root)/\(folder)/") else { return [] }
    return names.filter { $0.hasSuffix(ending) }.map { folder + "/" + $0 }.sorted()
  }
}
