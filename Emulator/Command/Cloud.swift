import Gateway
import Lambda
import Models
import Network
import Server
import Services
import Storage
import Synchronization
import Template

/// The whole cloud of one template: stores, model providers and functions behind one service port.
/// What is opened on the gateway's port comes on top.
final class Cloud: Sendable {
  let project: Project
  let application: Application
  let loop: EventLoop
  let database: Database
  let dynamoDB: DynamoDB
  let secrets: SecretsManager
  let others: CloudServices
  let functions: Functions
  let gateway: Gateway
  let services: HTTPServer
  /// What the seed put into the stores.
  let seeded: Seed.Count
  private let sweeping: Task<Void, Never>
  private let recording: Task<Void, Never>
  /// Rules, schedules and queues at work, once ``play()`` was called.
  private let playing = Mutex<Task<Void, Never>?>(nil)
  private let streams: StreamPoller

  /// Longest body of a request to a service: an S3 upload has at most 5 GiB, and its signed chunks take
  /// some room. S3 counts for itself.
  private static let longestServiceBody = 6 * 1 << 30

  var servicesURL: String { "http://127.0.0.1:\(services.port)" }

  /// Opens the stores, makes what the template describes, and opens the service port. No function
  /// runs yet.
  init(_ options: CloudOptions) async throws {
    project = options.project
    let reservation = try PortReservation(options.servicePort)
    let environment = Project.environment(
      gatewayPort: options.gatewayPort, servicePort: reservation.port)
    application = try project.application(environment)
    loop = try EventLoop(name: "martlet")
    database = try Database(options.database, durability: options.durability)
    dynamoDB = try await DynamoDB(database)
    secrets = try await SecretsManager(database)
    let objects = try await S3(
      database, folder: options.objects, sweeps: options.isExclusive,
      signatures: options.signatures)
    try await dynamoDB.create(tables: application.tables)
    // Before the template's secrets: a seed may give the value that the template leaves to chance.
    seeded = try await options.seed?.plant(dynamoDB, objects, secrets) ?? Seed.Count()
    try await secrets.create(secrets: application.secrets)
    try await objects.create(buckets: application.buckets)
    others = try await CloudServices(database, secrets, application, environment)

    let models = ModelProviders(script: options.script)
    let parts = try Self.functions(of: application, options, servicePort: reservation.port)
    let (recorder, log) = (others.recorder, options.log)
    functions = Functions(parts, loop: loop) { line in
      log(line)
      recorder.record(
        function: line.function, stream: line.logStream, time: Int(line.time),
        message: line.text)
    }
    gateway = Gateway(
      Self.gateway(of: application, functions, options, servicePort: reservation.port, on: loop))

    let router = Self.router(
      dynamoDB, secrets, objects, others, functions, gateway, models, options)
    var configuration = ServerConfiguration(port: reservation.port)
    configuration.limits.body = Self.longestServiceBody
    services = try await HTTPServer.start(configuration, on: loop) { request in
      .response(await router.answer(request))
    }
    streams = try await StreamPoller(
      invoke: { [functions] name, event throws(InvokeError) in
        try await functions.invoke(name, event)
      }, database: database, log: options.log)
    let (dynamoDB, period) = (self.dynamoDB, options.sweepPeriod)
    sweeping = Task { await dynamoDB.sweep(every: period) }
    recording = Task { await recorder.run() }
  }

  /// Sets going what the template describes besides its APIs: schedules, rules, queues and streams
  /// of tables that feed functions.
  func play() {
    let (others, application, functions) = (self.others, self.application, self.functions)
    secrets.connect(
      RotationFunction { function in
        functions.configuration(of: CloudServices.name(of: function)) != nil
      } call: { function, event in
        let result = try? await functions.invoke(CloudServices.name(of: function), event)
        return result.map { !$0.isFunctionError } ?? false
      })
    playing.withLock { playing in
      guard playing == nil else { return }
      playing = Task { await others.play(application, functions) }
      pollStreams()
    }
  }

  private func pollStreams() {
    for mapping in application.streams where mapping.isEnabled {
      let stream = TableStream(dynamoDB, table: mapping.table)
      streams.add(
        mapping.name, function: mapping.function, StreamRules(mapping),
        from: StreamPoller.Source(
          arn: stream.arn, newest: stream.newest, records: stream.records,
          place: TableStream.place))
    }
  }

  /// Ends functions, connections and stores; nothing is left running.
  func stop(within limit: Duration) async {
    sweeping.cancel()
    let playing = playing.withLock { $0 }
    playing?.cancel()
    await streams.stop()
    await functions.stop(grace: limit)
    await services.stop(within: limit)
    recording.cancel()
    _ = await (playing?.value, recording.value)
    await others.recorder.flush()
    await database.close()
    loop.end()
  }

  // MARK: - Parts

  private static func functions(
    of application: Application, _ options: CloudOptions, servicePort: UInt16
  ) throws -> [FunctionConfiguration] {
    let services = "http://127.0.0.1:\(servicePort)"
    var environment = options.providers.variables(
      services: services, named: application.functions.map(\.environment))
    environment["AWS_ENDPOINT_URL"] = services
    return try application.functions.map {
      try options.project.configuration(of: $0, build: options.build, environment: environment)
    }
  }

  private static func gateway(
    of application: Application, _ functions: Functions, _ options: CloudOptions,
    servicePort: UInt16, on loop: EventLoop
  ) -> GatewayConfiguration {
    var configuration = GatewayConfiguration(application: application, loop: loop) { name, event in
      do throws(InvokeError) {
        return .init(try await functions.invoke(name, event))
      } catch {
        return .init(error)
      }
    }
    configuration.fetch = { await IssuerDocument.fetch($0) }
    configuration.invokeStreaming = { name, event, consume in
      do throws(InvokeError) {
        let result = try await functions.invoke(name, event) { try await consume(.init($0)) }
        return .init(result)
      } catch {
        return .init(error)
      }
    }
    let greeting = Greeting(
      application: application, gatewayPort: options.gatewayPort,
      services: "http://127.0.0.1:\(servicePort)", token: nil, isStandIn: true)
    configuration.pages =
      StatusPages(
        application: application, functions: functions, links: greeting.links
      ).answer
    return configuration
  }

  private static func router(
    _ dynamoDB: DynamoDB, _ secrets: SecretsManager, _ objects: S3, _ others: CloudServices,
    _ functions: Functions, _ gateway: Gateway, _ models: ModelProviders, _ options: CloudOptions
  ) -> ServiceRouter {
    let connections = options.connections ?? { await gateway.answerConnections($0) }
    return ServiceRouter(
      [
        EmulatedService(
          name: "dynamodb", signingNames: ["dynamodb"],
          targets: ["DynamoDB_", "DynamoDBStreams_"], answer: dynamoDB.answer),
        EmulatedService(
          name: "secretsmanager", signingNames: ["secretsmanager"], targets: ["secretsmanager."],
          answer: secrets.answer),
        EmulatedService(
          name: "lambda", signingNames: ["lambda"], family: .rest,
          matches: { Functions.serves(path: $0.path) },
          answer: functions.answer),
        EmulatedService(
          name: "execute-api", signingNames: ["execute-api"], family: .rest, answer: connections),
        EmulatedService(
          name: "models", signingNames: ["bedrock"],
          matches: { models.answers($0.path) }, answer: models.answer),
      ] + others.routes,
      fallback: EmulatedService(
        name: "s3", signingNames: ["s3"], admits: objects.admits, answer: objects.answer),
      signatures: options.signatures, origins: options.origins)
  }
}

/// What a cloud is made of, besides the template.
struct CloudOptions: Sendable {
  typealias Answer = @Sendable (HTTPRequest) async -> HTTPResponse

  var project: Project
  /// A file, or `:memory:`.
  var database: String
  /// The folder of long objects; nil stands for a temporary one.
  var objects: String?
  /// Where the APIs will be reached.
  var gatewayPort: UInt16
  /// 0 takes a free one.
  var servicePort: UInt16
  var build: String?
  /// Which model providers are real.
  var providers: ProviderChoice
  var script: ScriptedAnswers?
  /// How often items whose time is over are deleted.
  var sweepPeriod = Duration.seconds(60)
  var durability = Durability.normal
  var log: LogSink
  /// Answers `@connections` instead of the gateway.
  var connections: Answer?
  /// No other process opens this state to keep it.
  var isExclusive = true
  /// Checks signatures of requests to the services; nil takes every one.
  var signatures: SignatureCheck?
  /// Origins of pages that may use the services.
  var origins: [String] = []
  /// What the stores hold from the beginning.
  var seed: Seed?
}

// MARK: - Lambda's words in the gateway's

extension InvocationOutcome {
  fileprivate init(_ result: InvocationResult) {
    self = result.isFunctionError ? .functionError(result.payload) : .success(result.payload)
  }

  fileprivate init(_ error: InvokeError) {
    self =
      switch error {
      case .throttled: .throttled
      case .eventTooLarge: .eventTooLarge
      case .unknownFunction, .stopping, .cancelled: .unavailable
      }
  }
}

extension InvocationPart {
  fileprivate init(_ part: StreamPart) {
    self =
      switch part {
      case .begins(let contentType): .begins(contentType: contentType)
      case .bytes(let bytes): .bytes(bytes)
      }
  }
}

/// Documents of token issuers: OpenID configurations and key sets.
enum IssuerDocument {
  /// API Gateway: 1,500 ms and 150 kB ("HTTP API quotas").
  private static let patience = Duration.milliseconds(1_500)
  private static let longest = 150_000
  private static let client = HTTPClient()

  static func fetch(_ address: String) async -> [UInt8]? {
    var request = ClientRequest("GET", address)
    request.responseLimit = longest
    let response = try? await client.send(request, deadline: .now + patience)
    return response?.status == 200 ? response?.body : nil
  }
}

extension StreamRules {
  fileprivate init(_ mapping: StreamMapping) {
    self.init()
    batchSize = mapping.batchSize
    window = mapping.window
    retries = mapping.retries
    longestAge = mapping.longestAge
    bisects = mapping.bisects
    reportsFailures = mapping.reportsFailures
    startsAtLatest = mapping.startsAtLatest
    filters = mapping.filters
  }
}
