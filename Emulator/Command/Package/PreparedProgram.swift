import Glibc
import Lambda
import Network

/// A `bootstrap` as it goes into packages, with the libraries it loads and the certificates it
/// trusts.
struct PreparedProgram {
  /// Where Lambda unpacks a package.
  static let taskRoot = "/var/task"
  /// In the package, where libraries and loader lie.
  static let libraryFolder = "lib"
  /// In the package, where `TrustStore` looks for certificates.
  static let certificateFolder = "certificates"
  private static let longest = 250 * 1024 * 1024

  let files: [CodePackage.File]
  /// Every version of glibc's and libstdc++'s symbols that a file of the package needs, and which file
  /// needs the highest of its library.
  let versions: [SymbolVersion: String]
  let bringsLoader: Bool

  /// Prepares the program that was built at `path`, with the help of an empty folder, `scratch`.
  /// `bringsLoader`: pack the loader and the C library as well.
  init(path: String, bringsLoader: Bool, scratch: String) throws {
    let original = try ELFFile(Files.contents(of: path, limit: Self.longest))
    let stripped = scratch + "/bootstrap"
    try Tool.strip.run("-o", stripped, path)
    let opened = ELFFile.namedLibraries(in: try Files.contents(of: stripped, limit: Self.longest))
    let isStatic = original.interpreter == nil
    let all =
      isStatic
      ? [] : try LibrarySearch().closure(of: original, at: path, opened: opened)
    let libraries = bringsLoader ? all : all.filter { !TargetSystem.has($0.name) }
    if !isStatic, !libraries.isEmpty {
      try Self.point(stripped, interpreter: bringsLoader ? original.interpreter : nil)
    }
    var files = [
      CodePackage.File(
        "bootstrap", try Files.contents(of: stripped, limit: Self.longest), isExecutable: true)
    ]
    let loader = original.interpreter?.lastPart
    for library in libraries {
      files.append(
        CodePackage.File(
          "\(Self.libraryFolder)/\(library.name)", library.bytes,
          isExecutable: library.name == loader))
    }
    if bringsLoader, let interpreter = original.interpreter, let loader,
      !libraries.contains(where: { $0.name == loader })
    {
      files.append(
        CodePackage.File(
          "\(Self.libraryFolder)/\(loader)",
          try Files.contents(of: interpreter, limit: Self.longest), isExecutable: true))
    }
    if all.contains(where: { $0.name.hasPrefix("libssl.") || $0.name.hasPrefix("libcurl.") }) {
      files += try Self.certificates()
    }
    self.files = files
    self.bringsLoader = bringsLoader && !isStatic
    var versions: [SymbolVersion: String] = [:]
    for (name, file) in [("bootstrap", original)] + libraries.map({ ($0.name, $0.file) }) {
      for version in file.versions where TargetSystem.limits[version.library] != nil {
        versions[version] = versions[version] ?? name
      }
    }
    self.versions = versions
  }

  /// Has the program look for its libraries in the package before anywhere else.
  ///
  /// RPATH and not RUNPATH: it also holds for libraries of libraries, and it comes before
  /// `LD_LIBRARY_PATH`, in which Lambda names the system's own folders.
  private static func point(_ program: String, interpreter: String?) throws(ProjectError) {
    let folder = "\(taskRoot)/\(libraryFolder)"
    if let interpreter {
      try Tool.patchelf.run(
        "--set-interpreter", "\(folder)/\(interpreter.lastPart)", "--force-rpath", "--set-rpath",
        folder, program)
    } else {
      try Tool.patchelf.run("--force-rpath", "--set-rpath", folder, program)
    }
  }

  /// This machine's authorities, under the names that OpenSSL looks up.
  private static func certificates() throws -> [CodePackage.File] {
    guard let folder = TrustStore().folder() else {
      throw ProjectError(
        description: "there are no hashed certificates in "
          + TrustStore.systemFolders.joined(separator: " or ") + "; install ca-certificates")
    }
    return try Files.names(in: folder).filter(TrustStore.isHashed).map { name in
      CodePackage.File(
        "\(certificateFolder)/\(name)", try Files.contents(of: "\(folder)/\(name)", limit: 1 << 20))
    }
  }
}

/// `provided.al2023`: Amazon Linux 2023 ("core toolchain": glibc 2.34, gcc 11).
enum TargetSystem {
  static let name = "provided.al2023"

  /// The highest symbol versions that its libraries have.
  static let limits = [
    "GLIBC": SymbolVersion("GLIBC_2.34"), "GLIBCXX": SymbolVersion("GLIBCXX_3.4.29"),
    "CXXABI": SymbolVersion("CXXABI_1.3.13"),
  ].compactMapValues { $0 }

  /// The parts of glibc and gcc, which it has.
  static func has(_ library: String) -> Bool {
    let names = [
      "libc", "libm", "libpthread", "libdl", "librt", "libresolv", "libutil", "libstdc++",
      "libgcc_s",
    ]
    return library.hasPrefix("ld-linux") || names.contains { library.hasPrefix($0 + ".so.") }
  }
}

extension String {
  /// What stands behind the last slash.
  var lastPart: String { lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self }
}
