import Foundation
import JSON
import Support
import Testing

/// The system tests start the built `martlet` as a user would, and drive it with foreign clients: Python scripts in
/// `Clients`, run by the virtual environment that `./martlet test` makes.
struct Emulated: Sendable {
  /// The line of JSON that `martlet start --json` prints when it is ready.
  let ready: String
  let state: String

  /// Runs a script of `Clients` and returns what it printed.
  ///
  /// - Throws: ``ClientFailure`` with the output when the script ends with a status other than 0.
  @discardableResult
  func run(_ script: String, _ arguments: String...) async throws -> String {
    try await Client.run(
      script, arguments, environment: ["MARTLET_READY": ready, "MARTLET_STATE": state])
  }

  /// A text of the ready line, such as `gateway`.
  func address(_ name: String) throws -> String {
    let value = try JSONValue(parsing: ready)[name]?.string
    return try #require(value, "the ready line has no \(name)")
  }
}

struct ClientFailure: Error, CustomStringConvertible {
  let script: String
  let status: Int32
  let output: String
  var description: String { "\(script) ended with status \(status):\n\(output)" }
}

/// The Python clients.
enum Client {
  static let python = python(of: "venv")

  /// The interpreter of another environment below `.build`.
  static func python(of environment: String) -> String {
    Project.root + "/.build/\(environment)/bin/python"
  }

  @discardableResult
  static func run(
    _ script: String, _ arguments: [String] = [], environment: [String: String] = [:],
    python: String = Client.python
  ) async throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = [Project.root + "/Tests/SystemTests/Clients/" + script] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      [
        "MARTLET_PROGRAM": Project.programs + "/martlet", "MARTLET_PROJECT": Project.root,
        "MARTLET_BUILD": Project.programs, "PYTHONDONTWRITEBYTECODE": "1",
      ]
    ) { _, ours in ours }.merging(environment) { _, ours in ours }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    let ended = AsyncStream<Int32> { stream in
      process.terminationHandler = { stream.yield($0.terminationStatus) }
    }
    try process.run()
    let text = await Task.detached {
      String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }.value
    var statuses = ended.makeAsyncIterator()
    let status = await statuses.next() ?? -1
    guard status == 0 else { throw ClientFailure(script: script, status: status, output: text) }
    return text
  }
}

/// Starts the emulator on free ports with a state folder of its own, and ends it after the scope.
func withEmulator<Result>(_ body: (Emulated) async throws -> Result) async throws -> Result {
  try await withTemporaryFolder { state in
    let process = Process()
    process.executableURL = URL(filePath: Project.programs + "/martlet")
    process.arguments = [
      "start", "--json", "--port", "0", "--service-port", "0", "--dir", state + "/state",
      "--build", Project.programs,
    ]
    process.currentDirectoryURL = URL(filePath: Project.root)
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    let log = state + "/log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let ready = await Task.detached { firstLine(output.fileHandleForReading) }.value
    guard !ready.isEmpty else {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      throw ClientFailure(script: "martlet start", status: process.terminationStatus, output: text)
    }
    do {
      return try await body(Emulated(ready: ready, state: state + "/state"))
    } catch let failure as ClientFailure {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      throw ClientFailure(
        script: failure.script, status: failure.status,
        output: failure.output + "\nthe emulator's log:\n" + text.suffix(8_000))
    }
  }
}

/// Waits for the first line of a program's output; empty when the program ends without one.
private func firstLine(_ file: FileHandle) -> String {
  var line = Data()
  while true {
    let more = file.availableData
    line.append(more)
    if more.isEmpty || more.contains(UInt8(ascii: "\n")) { break }
  }
  return String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}
