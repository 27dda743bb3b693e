import Glibc
import Services
import Storage
import Template

/// From the words of the command line to an exit status.
enum Program {
  static let version = "0.1.0"
  /// The command, or what it names, is wrong.
  static let usageFailed: Int32 = 2
  private static let failed: Int32 = 1

  static func run(_ words: [String], environment: [String: String]) async -> Int32 {
    do {
      return try await run(try Command(words), environment)
    } catch let error as UsageError {
      Console.shared.note(error.text)
    } catch let error as ProjectError {
      Console.shared.note("martlet: \(error)")
    } catch let error as TemplateError {
      Console.shared.note("martlet: \(error)")
    } catch let error as FileError {
      Console.shared.note("martlet: \(error)")
    } catch let error as StateError {
      Console.shared.note("martlet: \(error)")
    } catch {
      Console.shared.note("martlet: \(error)")
      return failed
    }
    return usageFailed
  }

  private static func run(_ command: Command, _ environment: [String: String]) async throws -> Int32
  {
    switch command {
    case .start(let options):
      return try await Start(options: options, environment: environment).run()
    case .invoke(let options):
      return try await Invoke(options: options, environment: environment).run()
    case .token(let options): return try await TokenCommand(options: options).run()
    case .package(let options): return try PackageCommand(options: options).run()
    case .smoke(let options):
      return try await Smoke(options: options, environment: environment).run()
    case .state(let options): return try await StateCommand(options: options).run()
    case .logs(let options): return try await LogsCommand(options: options).run()
    case .cost(let options):
      return try await Cost(options: options, environment: environment).run()
    case .knowledge(let options): return try await KnowledgeCommand(options: options).run()
    case .evaluate(let options):
      return try await Evaluate(options: options, environment: environment).run()
    case .version:
      Console.shared.print("martlet \(version)")
      return 0
    case .help(let topic):
      Console.shared.print(Usage.text(topic))
      return 0
    }
  }

  /// The environment of this process.
  static var environment: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return variables
  }
}
