import Glibc
import Lambda
import Template

/// `martlet package`: a zip file for each function, which Lambda runs as it is.
struct PackageCommand {
  /// Lambda quotas: 50 MB zipped, when it is uploaded directly; 250 MB unpacked.
  static let longestZip = 50 * 1024 * 1024
  static let longestUnpacked = 250 * 1024 * 1024
  private static let longestZoneFile = 1 << 20

  let options: PackageOptions

  func run() throws -> Int32 {
    let project = try Project(options.project)
    let functions = try chosen(from: try project.application(TemplateEnvironment()))
    guard let target = project.makeFolder(".build/package"),
      let scratch = Files.temporaryFolder(below: target)
    else { throw ProjectError(description: ".build/package cannot be made") }
    defer { Files.remove(scratch) }
    // Functions mostly share one program, which is stripped and compressed once.
    var programs: [String: PreparedProgram] = [:]
    for function in functions {
      let path = try project.program(of: function, build: options.project.build)
      let program: PreparedProgram
      if let known = programs[path] {
        program = known
      } else {
        do {
          program = try PreparedProgram(
            path: path, bringsLoader: options.bringsLoader, scratch: scratch)
        } catch let error as ELFFile.Malformed {
          throw ProjectError(description: "\(path): \(error)")
        } catch let error as LibrarySearch.Missing {
          throw ProjectError(description: "\(error)")
        }
        try check(program, path)
        programs[path] = program
      }
      let package = CodePackage(
        program.files + (try project.files(of: function)) + (try zones(of: function)))
      try write(package, of: function, to: project.archive(of: function))
    }
    for (path, program) in programs.sorted(by: { $0.key < $1.key }) {
      Console.shared.print(PackageReport.versions(of: program, at: path))
    }
    return 0
  }

  /// Files of time zones: those that are asked for, and that of the function's WORKING_HOURS.
  private func zones(
    of function: FunctionDefinition
  ) throws(ProjectError) -> [CodePackage.File] {
    let hours = function.environment["WORKING_HOURS"] ?? ""
    let named = hours.split(separator: " ").first.map { String($0) }
    var files: [CodePackage.File] = []
    var packed: Set<String> = []
    for name in options.timeZones + [named].compactMap({ $0 })
    where PackageOptions.isZoneName(name) && packed.insert(name).inserted {
      do throws(Files.Problem) {
        let bytes = try Files.contents(
          of: "/usr/share/zoneinfo/\(name)", limit: Self.longestZoneFile)
        files.append(CodePackage.File("zoneinfo/\(name)", bytes, isExecutable: false))
      } catch {
        throw ProjectError(
          description: "the time zone \(name) \(error); zones are read from /usr/share/zoneinfo")
      }
    }
    return files
  }

  private func chosen(from application: Application) throws -> [FunctionDefinition] {
    let all = application.functions.filter { $0.runtime.hasPrefix("provided") }
    guard !options.functions.isEmpty else { return all }
    return try options.functions.map { name in
      guard
        let found = all.first(where: {
          $0.logicalID == name || $0.name == name || $0.handler == name
        })
      else {
        let names = all.map { "\($0.logicalID) (\($0.handler))" }.joined(separator: ", ")
        throw UsageError(
          text: "martlet package: unknown function '\(name)'; the functions are \(names)")
      }
      return found
    }
  }

  private func check(_ program: PreparedProgram, _ path: String) throws(ProjectError) {
    guard !program.bringsLoader else { return }
    let refused = program.versions.filter { version, _ in
      TargetSystem.limits[version.library].map { version > $0 } ?? false
    }
    guard let (version, user) = refused.max(by: { $0.key < $1.key }) else { return }
    throw ProjectError(
      description: "\(user) needs \(version), more than \(TargetSystem.name) has; "
        + "leave --no-loader out, so that the package brings its own C library")
  }

  private func write(
    _ package: CodePackage, of function: FunctionDefinition, to path: String
  ) throws(ProjectError) {
    guard package.size <= Self.longestUnpacked else {
      throw ProjectError(
        description: "\(function.logicalID): \(PackageReport.megabytes(package.size)) unpacked, "
          + "Lambda takes 250 MB\n" + PackageReport.table(package))
    }
    let bytes = package.bytes()
    guard bytes.count <= Self.longestZip else {
      throw ProjectError(
        description: "\(function.logicalID): \(PackageReport.megabytes(bytes.count)) zipped, "
          + "Lambda takes 50 MB\n" + PackageReport.table(package))
    }
    do {
      try Files.write(bytes, to: path)
    } catch {
      throw ProjectError(description: "\(path) \(error)")
    }
    Console.shared.print(PackageReport.summary(of: package, zipped: bytes.count, at: path))
  }
}

extension Project {
  /// Where a function's package is written: where `CodeUri` looks for it.
  func archive(of function: FunctionDefinition) -> String {
    if let code = function.code, code.hasSuffix(".zip") { return path(code) }
    return path(".build/package/\(function.logicalID).zip")
  }

  /// The `bootstrap` that was built for a function.
  func program(
    of function: FunctionDefinition, build: String?
  ) throws(ProjectError) -> String {
    guard let build = build ?? function.build else {
      throw problem(
        function, "it has no Metadata.Martlet.Build; name the folder of bootstrap with --build")
    }
    let program = path(build) + "/bootstrap"
    guard Files.isExecutable(program) else { throw noBootstrap(in: build, for: function) }
    return program
  }

  /// The files of `Metadata.Martlet.Files`, under the same paths as beside the template.
  func files(of function: FunctionDefinition) throws -> [CodePackage.File] {
    var files: [CodePackage.File] = []
    var waiting = function.files
    while let name = waiting.popLast() {
      let place = path(name)
      if let names = try? Files.names(in: place) {
        waiting += names.map { "\(name)/\($0)" }
        continue
      }
      do throws(Files.Problem) {
        files.append(
          CodePackage.File(
            name, try Files.contents(of: place, limit: PackageCommand.longestUnpacked),
            isExecutable: Files.isExecutable(place)))
      } catch {
        throw problem(function, "\(name) (Metadata.Martlet.Files) \(error)")
      }
    }
    return files
  }
}
