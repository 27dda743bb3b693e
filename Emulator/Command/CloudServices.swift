import Lambda
import Server
import Services
import Storage
import Template

/// The smaller services of a cloud: keys, parameters, tokens, queues, events, logs.
struct CloudServices: Sendable {
  let kms: KMS
  let parameters: ParameterStore
  let tokens: STS
  let queues: SQS
  let events: EventBridge
  let logs: Logs
  /// Keeps the functions' lines.
  let recorder: LogRecorder

  /// Opens them and makes what the template describes.
  init(
    _ database: Database, _ secrets: SecretsManager, _ application: Application,
    _ environment: TemplateEnvironment
  ) async throws {
    kms = try await KMS(database, environment: environment)
    parameters = try await ParameterStore(
      database, kms: kms, secrets: secrets, environment: environment)
    tokens = STS(environment: environment)
    queues = try await SQS(database, environment: environment)
    events = try await EventBridge(database, queues: queues, environment: environment)
    logs = try await Logs(database, environment: environment)
    recorder = LogRecorder(logs)
    try await kms.create(keys: application.keys, aliases: application.keyAliases)
    try await parameters.create(parameters: application.parameters)
    try await queues.create(queues: application.queues)
    try await logs.create(groups: application.logGroups)
    try await events.create(application)
  }

  /// How their requests are known.
  var routes: [EmulatedService] {
    [
      EmulatedService(
        name: "kms", signingNames: ["kms"], targets: ["TrentService."], answer: kms.answer),
      EmulatedService(
        name: "ssm", signingNames: ["ssm"], targets: ["AmazonSSM."], answer: parameters.answer),
      EmulatedService(
        name: "sqs", signingNames: ["sqs"], targets: ["AmazonSQS."], answer: queues.answer),
      EmulatedService(
        name: "events", signingNames: ["events"], targets: ["AWSEvents."], answer: events.answer),
      EmulatedService(
        name: "logs", signingNames: ["logs"], targets: ["Logs_20140328."], answer: logs.answer),
      EmulatedService(
        name: "sts", signingNames: ["sts"], family: .query, matches: { STS.matches($0) },
        answer: tokens.answer),
    ]
  }

  /// The name in a function's ARN; a bare name stands for itself.
  static func name(of function: String) -> String {
    guard let start = function.firstRange(of: ":function:") else { return function }
    return String(function[start.upperBound...].prefix { $0 != ":" })
  }

  /// Plays what the template sets going: rules, schedules and queues that feed functions. Goes on until
  /// the task is cancelled.
  func play(_ application: Application, _ functions: Functions) async {
    let logs = logs
    events.connect { name, event in
      // An unknown function, or one that is ending: nobody waits for an answer.
      _ = try? await functions.enqueue(name, event)
    } record: { group, message in
      await logs.write(message, to: group)
    }
    let sources = QueueSources(queues, sources: application.queueSources) { name, event in
      let result = try? await functions.invoke(name, event)
      guard let result, !result.isFunctionError else { return nil }
      return result.payload
    }
    let clock = EventClock(events)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await sources.run() }
      group.addTask { await clock.run() }
    }
  }
}
