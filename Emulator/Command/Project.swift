import Glibc
import JSON
import Lambda
import Template

/// Something in the user's project that cannot be used as it is.
struct ProjectError: Error, Equatable, CustomStringConvertible {
  let description: String
}

/// A template and the folder that its paths are relative to.
struct Project {
  /// Lambda quotas: a package has at most 250 MB unpacked.
  private static let longestPackage = 250 * 1024 * 1024

  /// As the user named it, for messages.
  let file: String
  /// Absolute.
  let folder: String
  /// In whose folder `code` packages are unpacked.
  private let packages: String
  private let bytes: [UInt8]

  init(_ options: ProjectOptions) throws(ProjectError) {
    file = options.template
    do {
      bytes = try Files.contents(of: file, limit: 4 * 1024 * 1024)
    } catch {
      let hint = error == .absent ? "; run martlet where it is, or name one with --template" : ""
      throw ProjectError(description: "\(file) \(error)\(hint)")
    }
    let name = options.template
    let parent = name.lastIndex(of: "/").map { String(name[..<$0]) } ?? "."
    guard let folder = Files.absolute(parent.isEmpty ? "/" : parent) else {
      throw ProjectError(description: "\(parent) cannot be found")
    }
    self.folder = folder
    packages = options.folder ?? folder + "/.martlet"
  }

  /// Reads the template for the addresses it will be played at.
  ///
  /// A page opened as `http://localhost` is this stack's page as well: where the template has the
  /// parameter `AllowedOrigins`, that origin is its value.
  func application(_ environment: TemplateEnvironment) throws -> Application {
    let parameters = (try? JSONValue(parsing: bytes))?["Parameters"]
    let takesOrigins = parameters?["AllowedOrigins"] != nil
    return try Application(
      template: bytes, file: file,
      parameters: takesOrigins ? ["AllowedOrigins": Self.ownOrigin(environment)] : [:],
      environment: environment)
  }

  /// Where APIs and services are played.
  static func environment(gatewayPort: UInt16, servicePort: UInt16) -> TemplateEnvironment {
    TemplateEnvironment(
      webSocketEndpoint: "ws://127.0.0.1:\(gatewayPort)",
      httpEndpoint: "http://127.0.0.1:\(gatewayPort)",
      serviceEndpoint: "http://127.0.0.1:\(servicePort)")
  }

  private static func ownOrigin(_ environment: TemplateEnvironment) -> String {
    "http://localhost:" + (environment.httpEndpoint.split(separator: ":").last ?? "")
  }

  /// Where the state lies unless the user chooses a folder.
  func stateFolder(_ options: ProjectOptions) -> String {
    options.folder ?? folder + "/.martlet"
  }

  /// What a function's sandboxes run.
  ///
  /// With `Metadata.Martlet.Build` that is the `bootstrap` of a build folder, and the task root is
  /// the template's folder: the paths of `Files` then mean the same as in the package, which keeps
  /// them.
  func configuration(
    of function: FunctionDefinition, build: String?, environment: [String: String]
  ) throws(ProjectError) -> FunctionConfiguration {
    let (bootstrap, root) = try code(of: function, build: build)
    var variables = function.environment
    variables.merge(environment) { $1 }
    // The function's own lines only: what Lambda says stays text, which people read here.
    if function.logsJSON { variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON" }
    return FunctionConfiguration(
      name: function.name, handler: function.handler, bootstrap: bootstrap, taskRoot: root,
      environment: variables, timeout: .seconds(function.timeout), memory: function.memorySize,
      reservedConcurrency: function.reservedConcurrency, aliases: ["live"])
  }

  private func code(
    of function: FunctionDefinition, build: String?
  ) throws(ProjectError) -> (bootstrap: String, root: String) {
    guard function.runtime.hasPrefix("provided") else {
      throw problem(function, "the runtime \(function.runtime) is not offered; provided.al2023 is")
    }
    if let build = build ?? function.build {
      let folder = path(build)
      guard Files.isExecutable(folder + "/bootstrap") else {
        throw noBootstrap(in: build, for: function)
      }
      return (folder + "/bootstrap", self.folder)
    }
    guard let code = function.code else {
      throw problem(function, "it has neither CodeUri nor Metadata.Martlet.Build")
    }
    let folder = code.hasSuffix(".zip") ? try unpacked(code, function) : path(code)
    guard Files.isExecutable(folder + "/bootstrap") else {
      throw problem(function, "there is no bootstrap in \(code) (CodeUri)")
    }
    return (folder + "/bootstrap", folder)
  }

  /// The folder of a package's content; it is named after the content, and made once.
  private func unpacked(
    _ code: String, _ function: FunctionDefinition
  ) throws(ProjectError) -> String {
    do {
      let archive = try CodeArchive(Files.contents(of: path(code), limit: Self.longestPackage))
      return try archive.unpack(below: StateFolder(packages).path + "/code")
    } catch {
      throw problem(function, "\(code) (CodeUri) \(error)")
    }
  }

  /// Removes the content of packages that nobody runs any more. After the functions are known.
  func sweepPackages() {
    CodeArchive.sweep(packages + "/code")
  }

  func noBootstrap(in build: String, for function: FunctionDefinition) -> ProjectError {
    problem(
      function,
      "there is no bootstrap in \(build) (Metadata.Martlet.Build); run ./martlet build")
  }

  /// A folder beside the template, made when it is not there; nil when that fails.
  func makeFolder(_ relative: String) -> String? {
    var made = relative.hasPrefix("/") ? "" : folder
    for part in relative.split(separator: "/") {
      made += "/" + part
      guard mkdir(made, 0o777) == 0 || errno == EEXIST else { return nil }
    }
    return made
  }

  func path(_ relative: String) -> String {
    relative.hasPrefix("/") ? relative : folder + "/" + relative
  }

  func problem(_ function: FunctionDefinition, _ text: String) -> ProjectError {
    ProjectError(description: "\(file): \(function.logicalID): \(text)")
  }
}
