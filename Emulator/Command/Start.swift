import Gateway
import Glibc
import JSON
import Lambda
import Server
import Synchronization
import Template

/// `martlet start`: plays the cloud until a signal ends it.
struct Start {
  let options: StartOptions
  /// The program's own environment.
  let environment: [String: String]

  /// What running requests and sandboxes get to finish; all in all it takes under 2 s.
  private static let grace = Duration.milliseconds(1_000)

  /// Runs to the end and returns the exit status.
  func run() async throws -> Int32 {
    let end = EndRequest()
    let project = try Project(options.project)
    let state = try State(project, options.project)
    let gatewayPort = try port(options.port, "--port")
    let log = StartLog()
    let cloud: Cloud
    do {
      cloud = try await Cloud(
        CloudOptions(
          project: project, database: state.database, objects: state.objects,
          gatewayPort: gatewayPort.port, servicePort: options.servicePort,
          build: options.project.build, providers: ProviderChoice(environment),
          script: try options.readScript(), sweepPeriod: options.sweepPeriod,
          durability: options.durability, log: { log.write($0) },
          signatures: options.checksSignatures
            ? ServiceCredentials.check(environment) : nil,
          origins: options.origins, seed: try options.seed.map { try Seed($0) }))
    } catch ServerError.cannotListen(_, let port, let code) {
      throw Self.taken(port, code, "--service-port")
    }
    if options.seed != nil { Console.shared.note("the seed: \(cloud.seeded) new") }
    project.sweepPackages()
    for warning in cloud.application.warnings { Console.shared.note("note: \(warning)") }
    return try await serve(cloud, gatewayPort, end, log)
  }

  private func serve(
    _ cloud: Cloud, _ reserved: PortReservation, _ end: EndRequest, _ log: StartLog
  ) async throws -> Int32 {
    let functions = cloud.functions
    let watch = Task {
      await end.wait()
      await functions.endNow()
    }
    do {
      try await Knowledge(functions: functions).load()
    } catch {
      await cloud.stop(within: Self.grace)
      guard end.isRequested else { throw error }
      return 0
    }
    log.endLoading()
    let gateway = cloud.gateway
    var configuration = ServerConfiguration(port: reserved.port)
    configuration.refusal = Gateway.refusal
    let server = try await HTTPServer.start(
      configuration, on: cloud.loop, handler: gateway.answer)
    cloud.play()
    if !end.isRequested { await announce(cloud, port: server.port) }
    watch.cancel()
    await end.wait()
    await gateway.end()
    await functions.stop(grace: Self.grace)
    await server.stop(within: .milliseconds(200))
    await cloud.stop(within: .milliseconds(200))
    return 0
  }

  // MARK: - What is told

  private func announce(_ cloud: Cloud, port: UInt16) async {
    let token = try? await DevelopmentToken(cloud.secrets).text()
    var greeting = Greeting(
      application: cloud.application, gatewayPort: port, services: cloud.servicesURL,
      token: token, isStandIn: !ProviderChoice(environment).hasReal)
    if options.checksSignatures, ServiceCredentials.areNamed(in: environment) {
      greeting.keys = nil
    }
    Console.shared.print(options.printsJSON ? greeting.json : greeting.text)
  }

  private func port(_ number: UInt16, _ option: String) throws -> PortReservation {
    do {
      return try PortReservation(number)
    } catch ServerError.cannotListen(_, let port, let code) {
      throw Self.taken(port, code, option)
    }
  }

  private static func taken(_ port: UInt16, _ code: Int32, _ option: String) -> ProjectError {
    let reason =
      code == EADDRINUSE ? "is in use by another program" : String(cString: strerror(code))
    return ProjectError(
      description: "port \(port) \(reason); choose another one with \(option), 0 takes a free one")
  }
}

/// Where the state of this run lies; holds the folder's lock while it exists.
struct State {
  let database: String
  /// nil for a state that is not kept.
  let objects: String?
  private let lock: StateLock?

  /// One `martlet start` at a time has it exclusively; `invoke` and `token` work beside it.
  init(_ project: Project, _ options: ProjectOptions, isExclusive: Bool = true) throws {
    if options.isInMemory {
      database = ":memory:"
      objects = nil
      lock = nil
      return
    }
    let folder = try StateFolder(project.stateFolder(options))
    lock = isExclusive ? try folder.lock() : nil
    database = folder.database
    objects = folder.path + "/objects"
  }
}

/// Writes the functions' log; while the project's data is loaded, its progress instead of that
/// function's lines.
final class StartLog: Sendable {
  private let progress = Mutex<LoadingProgress?>(LoadingProgress(isTerminal: isatty(2) == 1))

  func write(_ record: LogRecord) {
    let isLoading = progress.withLock { progress in
      guard progress != nil else { return false }
      if let text = progress?.text(for: record.text) { Console.shared.note(text) }
      return record.source == .platform || progress?.knows(record.text) == true
    }
    if !isLoading { Console.shared.log(record.text) }
  }

  func endLoading() { progress.withLock { $0 = nil } }
}

extension LoadingProgress {
  /// Whether a line is one about the progress.
  func knows(_ line: String) -> Bool { Self.counts(in: line) != nil }
}
