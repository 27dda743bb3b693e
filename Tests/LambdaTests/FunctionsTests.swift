import Foundation
import JSON
import Server
import Support
import Testing

@testable import Lambda

@Suite(.serialized) struct FunctionsTests {
  @Test func `answers with what the function answers, in the same sandbox again`() async throws {
    try await withFunctions { functions, log in
      #expect(try await functions.test(#"{"a":1}"#).text == #"{"a":1}"#)
      let first = try JSONValue(parsing: await functions.test(#"{"do":"count"}"#).payload)
      let second = try JSONValue(parsing: await functions.test(#"{"do":"count"}"#).payload)
      #expect(first["count"]?.int == 2)
      #expect(second["count"]?.int == 3)
      #expect(first["pid"] == second["pid"])
      try await eventually { log.lines.filter { $0.hasPrefix("REPORT ") }.count == 3 }
      let reports = log.lines.filter { $0.hasPrefix("REPORT ") }
      #expect(reports[0].contains("\tInit Duration: "))
      #expect(!reports[1].contains("Init Duration"))
    }
  }

  @Test func `starts further sandboxes when all are busy, up to the limit`() async throws {
    try await withFunctions(limits: .with { $0.sandboxesPerFunction = 3 }) { functions, _ in
      let pids = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<9 {
          group.addTask {
            _ = try await functions.test(#"{"do":"sleep","seconds":0.02}"#)
            return try JSONValue(parsing: await functions.test(#"{"do":"count"}"#).payload)["pid"]?
              .int ?? 0
          }
        }
        return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect(pids.count <= 3)
      let status = await functions.status()
      #expect(status[0].sandboxes.count == 3)
      #expect(status[0].statistics.starts == 3)
    }
  }

  @Test(arguments: [(Duration.seconds(60), 0.02, 2), (.milliseconds(20), 1, 6)])
  func `starts many sandboxes only for work that lasts`(
    patience: Duration, seconds: Double, starts: Int
  ) async throws {
    let limits = LambdaLimits.with {
      $0.eagerSandboxes = 2
      $0.patience = patience
    }
    try await withFunctions(limits: limits) { functions, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<6 {
          group.addTask {
            _ = try await functions.test(#"{"do":"sleep","seconds":\#(seconds)}"#)
          }
        }
        try await group.waitForAll()
      }
      #expect(await functions.status()[0].statistics.starts == starts)
    }
  }

  @Test func `writes START, the function's lines, END and REPORT in this order`() async throws {
    try await withFunctions { functions, log in
      let result = try await functions.test(
        #"{"do":"print","text":"食べる"}"#, InvocationOptions(waitsForReport: true))
      let id = result.requestID
      let lines = log.all.filter { $0.requestID == id }.map(\.text)
      #expect(lines.count == 4)
      #expect(lines[0] == "START RequestId: \(id) Version: $LATEST")
      #expect(lines[1] == "食べる")
      #expect(lines[2] == "END RequestId: \(id)")
      #expect(lines[3].hasPrefix("REPORT RequestId: \(id)\tDuration: "))
      #expect(lines[3].contains("\tMemory Size: 128 MB\tMax Memory Used: "))
      #expect(!lines[3].contains("Max Memory Used: 0 MB"))
      #expect(result.logTail == lines.joined(separator: "\n") + "\n")
    }
  }

  @Test func `hands over the context of an invocation`() async throws {
    try await withFunctions(timeout: .seconds(5)) { functions, _ in
      let options = InvocationOptions(
        traceID: "Root=1-2-3", clientContext: #"{"custom":{"ä":"ö"}}"#,
        cognitoIdentity: #"{"cognitoIdentityId":"x"}"#, tenantID: "acme")
      let before = Timestamp.now.milliseconds
      let result = try await functions.test(#"{"do":"headers"}"#, options)
      let headers = try JSONValue(parsing: result.payload)
      #expect(headers["Lambda-Runtime-Aws-Request-Id"]?.string == result.requestID.text)
      #expect(headers["Lambda-Runtime-Trace-Id"] == "Root=1-2-3")
      #expect(headers["Lambda-Runtime-Cognito-Identity"] == #"{"cognitoIdentityId":"x"}"#)
      #expect(headers["Lambda-Runtime-Aws-Tenant-Id"] == "acme")
      #expect(
        headers["Lambda-Runtime-Invoked-Function-Arn"]
          == "arn:aws:lambda:us-east-1:000000000000:function:test")
      let deadline = Int64(headers["Lambda-Runtime-Deadline-Ms"]?.string ?? "") ?? 0
      #expect((before + 5000...before + 9000).contains(deadline))
    }
  }

  @Test func `gives sandboxes nothing but what was declared`() async throws {
    try await withFunctions(mode: "plain") { functions, _ in
      let result = try await functions.test(#"{"do":"environment"}"#)
      let environment = try JSONValue(parsing: result.payload)
      let names = Set(environment.object?.keys ?? [])
      let expected: Set = [
        "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING",
        "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "MODE", "PATH", "TZ", "_HANDLER",
        "LC_CTYPE",  // python's own
      ]
      #expect(names.subtracting(expected) == [])
      #expect(environment["MODE"] == "plain")
      #expect(environment["_HANDLER"] == "test.handler")
      let process = try JSONValue(parsing: await functions.test(#"{"do":"process"}"#).payload)
      // 3 is the connection to the Runtime API, 4 the folder that is being listed.
      #expect(process["descriptors"] == [0, 1, 2, 3, 4])
      #expect(process["group"] == true)
      #expect(process["input"] == "/dev/null")
      #expect(process["folder"] == environment["LAMBDA_TASK_ROOT"])
      #expect(process["parent"] == false, "the warden's memory map is readable")
    }
  }

  @Test func `passes a function's error on`() async throws {
    try await withFunctions { functions, log in
      let result = try await functions.test(
        #"{"do":"error"}"#, InvocationOptions(waitsForReport: true))
      #expect(result.text == #"{"errorMessage":"on purpose","errorType":"Function.Purpose"}"#)
      #expect(result.outcome == .failed(errorType: "Function.Purpose"))
      #expect(log.lines.last?.hasSuffix("\tStatus: error\tError Type: Function.Purpose\t") == true)
      #expect(try await functions.test("{}").outcome == .succeeded)
    }
  }

  @Test(arguments: [
    (#"{"do":"exit","status":42}"#, "Runtime exited with error: exit status 42"),
    (#"{"do":"exit","status":0}"#, "Runtime exited without providing a reason"),
    (#"{"do":"signal","number":9}"#, "Runtime exited with error: signal: killed"),
    (#"{"do":"signal","number":11}"#, "Runtime exited with error: signal: segmentation fault"),
  ])
  func `tells of a crash at once and goes on with a new sandbox`(
    event: String, text: String
  ) async throws {
    try await withFunctions { functions, _ in
      _ = try await functions.test("{}")
      let begin = ContinuousClock.now
      let result = try await functions.test(event)
      let error = try JSONValue(parsing: result.payload)
      #expect(ContinuousClock.now - begin < .seconds(20))
      #expect(error["errorType"] == "Runtime.ExitError")
      #expect(error["errorMessage"]?.string == "RequestId: \(result.requestID) Error: \(text)")
      #expect(try await functions.test(#"{"a":2}"#).text == #"{"a":2}"#)
    }
  }

  @Test func `ends a function that takes too long`() async throws {
    try await withFunctions(timeout: .milliseconds(250)) { functions, log in
      let begin = ContinuousClock.now
      let result = try await functions.test(#"{"do":"sleep","seconds":30}"#)
      #expect(ContinuousClock.now - begin < .seconds(20))
      #expect(result.outcome == .timedOut)
      #expect(
        result.text == #"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: "#
          + #"\#(result.requestID) Error: Task timed out after 0.25 seconds"}"#)
      #expect(try await functions.test("{}").outcome == .succeeded)
      try await eventually { log.lines.contains { $0.hasSuffix("\tStatus: timeout\t") } }
      #expect(log.lines.contains { $0.hasSuffix("Task timed out after 0.25 seconds") })
    }
  }

  @Test func `ends a function that holds too much memory`() async throws {
    try await withFunctions(timeout: .seconds(20), memory: 128) { functions, log in
      let result = try await functions.test(
        #"{"do":"allocate"}"#, InvocationOptions(waitsForReport: true))
      #expect(result.text.contains("Runtime exited with error: signal: killed"))
      #expect(result.outcome == .failed(errorType: "Runtime.OutOfMemory"))
      let report = try #require(log.lines.last)
      #expect(report.hasSuffix("\tStatus: error\tError Type: Runtime.OutOfMemory\t"))
      #expect(try await functions.test("{}").outcome == .succeeded)
    }
  }

  @Test func `ends a fork bomb`() async throws {
    try await withFunctions(
      timeout: .seconds(30), memory: 1024, limits: .with { $0.processes = 100 }
    ) {
      functions, _ in
      let result = try await functions.test(#"{"do":"fork"}"#)
      #expect(result.outcome == .failed(errorType: "Runtime.OutOfMemory"))
      #expect(try await functions.test("{}").outcome == .succeeded)
    }
  }

  @Test func `leaves no process that left its group`() async throws {
    // withFunctions looks for what is left.
    try await withFunctions { functions, _ in
      let result = try await functions.test(#"{"do":"child"}"#)
      #expect(result.outcome == .succeeded)
    }
  }

  @Test func `reports an init error and does not flood the system with attempts`() async throws {
    try await withFunctions(
      mode: "init-error", limits: .with { $0.firstBackOff = .milliseconds(300) }
    ) {
      functions, log in
      let result = try await functions.test("{}")
      #expect(result.text == #"{"errorMessage":"no settings","errorType":"Function.Settings"}"#)
      #expect(log.lines.contains { $0.hasPrefix("INIT_REPORT Init Duration: ") })
      try await eventually { await functions.status()[0].sandboxes.isEmpty }
      let begin = ContinuousClock.now
      async let second = functions.test("{}")
      async let third = functions.test("{}")
      _ = try await (second, third)
      #expect(ContinuousClock.now - begin > .milliseconds(250))
      #expect(await functions.status()[0].statistics.starts == 2)
    }
  }

  @Test(arguments: [
    ("init-exit", 10, "Runtime.ExitError", "Runtime exited with error: exit status 42"),
    ("init-sleep", 0.3, "Sandbox.Timedout", "Task timed out after 0.30 seconds"),
  ])
  func `says how an initialisation failed`(
    mode: String, limit: Double, type: String, text: String
  ) async throws {
    try await withFunctions(mode: mode, limits: .with { $0.initialisation = .seconds(limit) }) {
      functions, _ in
      let result = try await functions.test("{}")
      let error = try JSONValue(parsing: result.payload)
      #expect(error["errorType"]?.string == type)
      #expect(error["errorMessage"]?.string == "RequestId: \(result.requestID) Error: \(text)")
    }
  }

  @Test func `says which executable is missing`() async throws {
    try await withFunctions(bootstrap: "/nowhere/bootstrap") { functions, _ in
      let result = try await functions.test("{}")
      #expect(result.text.contains("Couldn't find valid bootstrap(s): [/nowhere/bootstrap]"))
      #expect(result.text.contains("Runtime.InvalidEntrypoint"))
    }
  }

  @Test func `refuses a response over 6 MB and tells the runtime`() async throws {
    try await withFunctions { functions, _ in
      let limit = 6 * 1024 * 1024 + 100
      let fits = try await functions.test(#"{"do":"large","size":\#(limit)}"#)
      #expect(fits.payload.count == limit)
      let result = try await functions.test(#"{"do":"large","size":\#(limit + 1)}"#)
      #expect(
        result.text == #"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"#
          + #""Response payload size (6291557 bytes) exceeded maximum allowed payload size "#
          + #"(6291556 bytes)."}"#)
      #expect(try await functions.test("{}").outcome == .succeeded)
    }
  }

  @Test func `throttles above a reserved concurrency`() async throws {
    try await withFunctions(reservedConcurrency: 1) { functions, _ in
      async let slow = functions.test(#"{"do":"sleep","seconds":0.5}"#)
      try await eventually { await functions.status()[0].sandboxes.count == 1 }
      await #expect(throws: InvokeError.throttled) { try await functions.test("{}") }
      #expect(try await slow.outcome == .succeeded)
    }
  }

  @Test func `lets a caller go whose time is over`() async throws {
    try await withFunctions { functions, _ in
      let call = Task { try await functions.test(#"{"do":"sleep","seconds":0.3}"#) }
      try await eventually { await functions.status()[0].sandboxes.first?.phase == "busy" }
      call.cancel()
      await #expect(throws: InvokeError.cancelled) { try await call.value }
      #expect(try await functions.test("{}").outcome == .succeeded)
    }
  }

  @Test func `says goodbye to a runtime with an extension`() async throws {
    let log = RecordedLog()
    try await withFunctions(mode: "extension") { functions, own in
      _ = try await functions.test("{}")
      await functions.stop(grace: .seconds(1))
      for record in own.all { log.add(record) }
    }
    #expect(
      log.printed.first
        == #"{"functionName":"test","functionVersion":"$LATEST","handler":"test.handler"}"#)
    #expect(log.printed.last == "bye")
  }

  @Test func `ends idle sandboxes after a while`() async throws {
    try await withFunctions(limits: .with { $0.idle = .milliseconds(50) }) { functions, _ in
      _ = try await functions.test("{}")
      try await eventually { await functions.status()[0].sandboxes.isEmpty }
    }
  }

  @Test func `finishes what runs before it stops, and takes nothing new`() async throws {
    try await withFunctions { functions, _ in
      async let slow = functions.test(#"{"do":"sleep","seconds":0.3}"#)
      try await eventually { await functions.status()[0].sandboxes.first?.phase == "busy" }
      await functions.stop(grace: .seconds(5))
      #expect(try await slow.outcome == .succeeded)
      await #expect(throws: InvokeError.stopping) { try await functions.test("{}") }
    }
  }

  @Test func `lets a function work on after its response`() async throws {
    try await withFunctions { functions, log in
      _ = try await functions.test(#"{"do":"background","seconds":0.5}"#)
      #expect(!log.lines.contains("done in the background"))
      try await eventually { log.lines.contains { $0.hasPrefix("REPORT") } }
      let lines = log.lines
      let done = try #require(lines.firstIndex(of: "done in the background"))
      let end = try #require(lines.firstIndex { $0.hasPrefix("END") })
      #expect(done < end)
    }
  }

  @Test func `holds a runtime to the protocol`() async throws {
    try await withFunctions { functions, log in
      let result = try await functions.test(
        #"{"do":"misbehave"}"#, InvocationOptions(waitsForReport: true))
      #expect(result.text == #""first""#)
      #expect(
        log.printed == ["seen [true, 400, 400, 403, 200, 404, 403, 403, 202, 202, 403]"])
    }
  }

  @Test func `survives the end of its warden`() async throws {
    try await withFunctions { functions, _ in
      let process = try JSONValue(parsing: await functions.test(#"{"do":"process"}"#).payload)
      let warden = try #require(process["ppid"]?.int)
      let sandbox = try #require(process["pid"]?.int)
      async let cut = functions.test(#"{"do":"sleep","seconds":20}"#)
      try await eventually { await functions.status()[0].sandboxes.first?.phase == "busy" }
      kill(pid_t(warden), SIGKILL)
      let text = try await cut.text
      #expect(text.contains("Runtime exited with error: signal: killed"))
      try await eventually { hasEnded(pid_t(sandbox)) }
      #expect(try await functions.test("{}").outcome == .succeeded)
    }
  }
}
