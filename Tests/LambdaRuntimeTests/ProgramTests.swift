import Foundation
import Support
import Synchronization
import Testing

/// The built programs as processes: signals, exit codes, several loops.
@Suite(.serialized) struct ProgramTests {
  private func start(
    _ program: String, _ environment: [String: String]
  ) throws -> (process: Process, errors: Pipe) {
    let process = Process()
    process.executableURL = URL(filePath: "\(Project.programs)/\(program)")
    // With `atexit_sleep_ms=0` in it ThreadSanitizer lets programs end at once.
    let sanitizer = ProcessInfo.processInfo.environment.filter { $0.key == "TSAN_OPTIONS" }
    process.environment = environment.merging(sanitizer) { ours, _ in ours }
    let errors = Pipe()
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, errors)
  }

  /// Waits for the end; kills a process that does not come to one.
  private func end(_ process: Process, within limit: Duration = .seconds(30)) async throws -> Int32
  {
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    try await eventually(within: limit) { !process.isRunning }
    #expect(process.terminationReason == .exit)
    return process.terminationStatus
  }

  @Test func `SIGTERM while idle ends it with 0, and soon`() async throws {
    let api = FakeRuntimeAPI { _, _ in .silence }
    defer { api.stop() }
    let (process, _) = try start("echo-raw", ["AWS_LAMBDA_RUNTIME_API": api.endpointText])
    try await eventually { api.requests.count == 1 }
    try await Task.sleep(for: .milliseconds(20))
    process.terminate()
    #expect(try await end(process) == 0)
  }

  @Test func `SIGTERM while busy leaves a grace, then ends it`() async throws {
    let api = FakeRuntimeAPI { request, _ in
      request.path.hasSuffix("/next") ? .text(event("{}")) : .silence
    }
    defer { api.stop() }
    let (process, _) = try start("echo-raw", ["AWS_LAMBDA_RUNTIME_API": api.endpointText])
    try await eventually { api.requests.count == 2 }
    let start = ContinuousClock.now
    process.terminate()
    #expect(try await end(process) == 0)
    #expect(start.duration(to: .now) > .milliseconds(200))
  }

  @Test func `registers as an extension and parks, where there are extensions`() async throws {
    let api = FakeRuntimeAPI { request, _ in
      request.path.hasSuffix("/register")
        ? .text(
          "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: ext-1\r\nContent-Length: 0\r\n\r\n")
        : .silence
    }
    defer { api.stop() }
    let (process, _) = try start(
      "echo-raw",
      [
        "AWS_LAMBDA_RUNTIME_API": api.endpointText, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
      ])
    try await eventually { api.requests.count == 3 }
    #expect(api.requests[0].path == "/2020-01-01/extension/register")
    #expect(api.requests[0].text == #"{"events":[]}"#)
    #expect(
      Set(api.requests[1...].map(\.path)) == [
        "/2018-06-01/runtime/invocation/next", "/2020-01-01/extension/event/next",
      ])
    let parked = try #require(api.requests(to: "/event/next").first)
    #expect(parked.fields["lambda-extension-identifier"] == "ext-1")
    process.terminate()
    #expect(try await end(process) == 0)
  }

  @Test func `ends when its connection ends, not with 0 and not in silence`() async throws {
    let api = FakeRuntimeAPI { _, _ in .silence }
    let (process, errors) = try start("echo-raw", ["AWS_LAMBDA_RUNTIME_API": api.endpointText])
    try await eventually { api.requests.count == 1 }
    api.stop()
    #expect(try await end(process) == 1)
    let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    #expect(text.split(separator: "\n").count == 1, "\(text)")
  }

  @Test func `no Runtime API is a line and exit 1`() async throws {
    for value in ["", "nonsense:x"] {
      let (process, errors) = try start("echo-raw", ["AWS_LAMBDA_RUNTIME_API": value])
      #expect(try await end(process) == 1)
      let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      #expect(text.contains("AWS_LAMBDA_RUNTIME_API"))
    }
  }

  @Test func `waiting costs nothing, for events and for a server`()
    async throws
  {
    let api = FakeRuntimeAPI { _, _ in .silence }
    defer { api.stop() }
    let (idle, _) = try start("echo-raw", ["AWS_LAMBDA_RUNTIME_API": api.endpointText])
    defer { idle.terminate() }
    try await eventually { api.requests.count == 1 }
    let before = try processorTime(of: idle)
    try await Task.sleep(for: .seconds(1))
    #expect(try processorTime(of: idle) - before <= 5)  // hundredths of a second: 5 %

    let gone = FakeRuntimeAPI { _, _ in .close }
    gone.stop()
    let (refused, _) = try start("echo-raw", ["AWS_LAMBDA_RUNTIME_API": gone.endpointText])
    try await Task.sleep(for: .milliseconds(300))
    let start = try processorTime(of: refused)
    try await Task.sleep(for: .milliseconds(500))
    #expect(try processorTime(of: refused) - start <= 3)
    #expect(try await end(refused) == 1)
  }

  /// Hundredths of a second that a process has computed.
  private func processorTime(of process: Process) throws -> Int {
    let text = try String(
      contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    let (user, system) = (try #require(Int(fields[11])), try #require(Int(fields[12])))
    return user + system
  }

  @Test func `several loops ask at the same time`() async throws {
    let api = FakeRuntimeAPI { _, _ in .silence }
    defer { api.stop() }
    let (process, _) = try start(
      "echo-raw",
      ["AWS_LAMBDA_RUNTIME_API": api.endpointText, "AWS_LAMBDA_MAX_CONCURRENCY": "4"])
    try await eventually { api.requests(to: "/next").count == 4 }
    #expect(api.connections == 4)
    process.terminate()
    #expect(try await end(process) == 0)
  }

  @Test func `a wrong setting is an init error and exit 1`() async throws {
    let api = FakeRuntimeAPI { _, _ in .text(accepted) }
    defer { api.stop() }
    let (process, _) = try start(
      "echo-raw",
      ["AWS_LAMBDA_RUNTIME_API": api.endpointText, "AWS_LAMBDA_MAX_CONCURRENCY": "many"])
    #expect(try await end(process) == 1)
    let report = try #require(api.requests.first)
    #expect(report.line == "POST /2018-06-01/runtime/init/error HTTP/1.1")
    #expect(report.fields["lambda-runtime-function-error-type"] == "Runtime.InvalidSetting")
    #expect(report.text.contains("AWS_LAMBDA_MAX_CONCURRENCY"))
    #expect(api.requests.count == 1)
  }

  @Test func `bootstrap reaches its first event with nothing but a handler's name`() async throws {
    for route in [
      "admin", "chat", "connect", "conversations", "default", "disconnect", "health", "ingest",
      "web",
    ] {
      let api = FakeRuntimeAPI { _, _ in .silence }
      defer { api.stop() }
      let (process, _) = try start(
        "bootstrap", ["AWS_LAMBDA_RUNTIME_API": api.endpointText, "_HANDLER": route])
      try await eventually { api.requests(to: "/next").count == 1 }
      process.terminate()
      #expect(try await end(process) == 0)
    }
  }

  @Test func `bootstrap names its routes when the handler's name is wrong or missing`() async throws
  {
    for name in ["", "Chat", "bootstrap"] {
      let api = FakeRuntimeAPI { _, _ in .text(accepted) }
      defer { api.stop() }
      let (process, errors) = try start(
        "bootstrap", ["AWS_LAMBDA_RUNTIME_API": api.endpointText, "_HANDLER": name])
      #expect(try await end(process) == 1)
      let report = try #require(api.requests.first)
      #expect(report.line == "POST /2018-06-01/runtime/init/error HTTP/1.1")
      #expect(report.fields["lambda-runtime-function-error-type"] == "Runtime.HandlerNotFound")
      #expect(report.text.contains("admin, chat, connect, conversations, default, disconnect"))
      let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      #expect(text.split(separator: "\n").count == 1)
    }
  }

  @Test func `bootstrap names a setting that is wrong`() async throws {
    let api = FakeRuntimeAPI { _, _ in .text(accepted) }
    defer { api.stop() }
    let (process, _) = try start(
      "bootstrap",
      [
        "AWS_LAMBDA_RUNTIME_API": api.endpointText, "_HANDLER": "chat", "LLM_TEMPERATURE": "hot",
      ])
    #expect(try await end(process) == 1)
    let report = try #require(api.requests.first)
    #expect(report.fields["lambda-runtime-function-error-type"] == "Runtime.InvalidSetting")
    #expect(report.text.contains("LLM_TEMPERATURE is 'hot', it must be a number from 0 to 2"))
  }
}
