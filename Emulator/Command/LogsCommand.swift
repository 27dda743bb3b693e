import Services
import Storage
import Template

struct LogsOptions: Equatable {
  var project = ProjectOptions()
  /// A function's name, logical id or handler, or the name of a log group; nil for all groups.
  var name: String?
  /// A filter pattern of CloudWatch Logs.
  var filter = ""
  var follows = false
  /// Lines to begin with.
  var lines = 100

  private static let mostLines = 10_000

  init(_ reader: ArgumentReader) throws(UsageError) {
    project = try ProjectOptions(reader)
    name = try reader.operands(atMost: 1).first
    filter = reader["--filter"] ?? filter
    follows = reader.has("--follow")
    if let text = reader["--lines"] {
      guard let count = Int(text), (0...Self.mostLines).contains(count) else {
        throw reader.usage("--lines \(text): a number from 0 to \(Self.mostLines)")
      }
      lines = count
    }
  }
}

/// `martlet logs`: the newest lines of the functions' log, from the state itself, so that it works
/// beside a running emulator and without one.
struct LogsCommand {
  let options: LogsOptions

  /// Between two looks at the state.
  private static let pause = Duration.milliseconds(200)

  func run() async throws -> Int32 {
    let project = try Project(options.project)
    let application = try project.application(TemplateEnvironment())
    let group = try options.name.map { try self.group($0, in: application) }
    let state = try State(project, options.project, isExclusive: false)
    let database = try Database(state.database, durability: .normal)
    let logs = try await Logs(database)
    var tail: LogTail
    do {
      tail = try LogTail(logs, group: group, filter: options.filter)
    } catch is LogTail.MalformedFilter {
      await database.close()
      throw UsageError(
        text: "martlet logs: --filter \(options.filter) is no filter pattern; "
          + "`martlet logs --help` shows some")
    }
    for line in try await tail.newest(options.lines) { print(line, namesGroup: group == nil) }
    while options.follows {
      try await Task.sleep(for: Self.pause)
      for line in try await tail.next() { print(line, namesGroup: group == nil) }
    }
    await database.close()
    return 0
  }

  private func group(_ name: String, in application: Application) throws(UsageError) -> String {
    if name.hasPrefix("/") { return name }
    if let found = application.function(called: name) { return LogRecorder.group(of: found.name) }
    throw UsageError(
      text: "martlet logs: unknown function '\(name)'; the functions are "
        + application.callableNames)
  }

  private func print(_ line: LogTail.Line, namesGroup: Bool) {
    let name = namesGroup ? LogRecorder.name(of: line.group) + " " : ""
    var message = line.message[...]
    while message.last?.isNewline == true { message = message.dropLast() }
    for part in message.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let text = Console.visible(String(part))
      Console.shared.print("\(line.timeText) \(name)\(text)")
    }
  }
}
