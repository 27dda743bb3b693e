import Foundation
import JSON
import Support
import Testing

@testable import Command

@Suite(.serialized) struct ProgramTests {
  @Test func `answers over its ports, and ends within 2 s of a SIGTERM`() async throws {
    try await withProject { project in
      let emulator = try await project.start()
      defer { emulator.process.terminate() }
      #expect(await emulator.get("/hello") == "hello")
      #expect(await emulator.get("/zipped") == "hello")
      #expect(emulator.sandboxes.count == 2)
      let status = try JSONValue(parsing: await emulator.get("/_martlet/status.json"))
      #expect(status["functions"]?[0]?["name"] == "Hello")
      #expect(status["functions"]?[0]?["invocations"] == 1)
      #expect(status["recent"]?.array?.count == 2)
      #expect(await emulator.get("/_martlet/").contains("<title>martlet</title>"))
      let begin = ContinuousClock.now
      emulator.process.terminate()
      emulator.process.waitUntilExit()
      #expect(ContinuousClock.now - begin < .seconds(2))
      #expect(emulator.process.terminationStatus == 0)
      #expect(emulator.sandboxes == [])
    }
  }

  @Test func `leaves no process when it is killed`() async throws {
    try await withProject { project in
      let emulator = try await project.start()
      #expect(await emulator.get("/hello") == "hello")
      let call = Task { await emulator.get("/zipped") }
      try await eventually { emulator.sandboxes.count == 2 }
      kill(emulator.process.processIdentifier, SIGKILL)
      emulator.process.waitUntilExit()
      _ = await call.value
      try await eventually(within: .seconds(2)) { emulator.sandboxes.isEmpty }
      let again = try await project.start()
      #expect(await again.get("/hello") == "hello")
      again.process.terminate()
      again.process.waitUntilExit()
    }
  }

  @Test func `a second signal ends it at once`() async throws {
    try await withProject { project in
      let emulator = try await project.start()
      let call = Task {
        await emulator.post("/2015-03-31/functions/Zipped/invocations", #"{"do":"sleep"}"#)
      }
      try await eventually { emulator.sandboxes.count == 1 }
      // The first signal alone would wait a second for the running function.
      try await eventually(within: .milliseconds(900)) {
        emulator.process.terminate()
        return !emulator.process.isRunning
      }
      _ = await call.value
      try await eventually { emulator.sandboxes.isEmpty }
    }
  }

  @Test func `says who holds the state, and which port is taken`() async throws {
    try await withProject { project in
      let emulator = try await project.start()
      defer {
        emulator.process.terminate()
        emulator.process.waitUntilExit()
      }
      let second = try await project.run("start", "--port", "0", "--service-port", "0")
      #expect(second.status == 2)
      #expect(second.errors.contains("(process \(emulator.process.processIdentifier))"))
      let gateway = try #require(emulator.ready["gateway"]?.string)
      let port = try #require(gateway.split(separator: ":").last)
      let third = try await project.run(
        "start", "--port", String(port), "--service-port", "0", "--state", ":memory:")
      #expect(third.status == 2)
      #expect(third.errors.contains("port \(port) is in use"))
      #expect(third.errors.contains("--port"))
    }
  }

  @Test func `invoke prints the response alone and tells the outcome by its status`() async throws {
    try await withProject { project in
      let good = try await project.run("invoke", "hello", "--event", "-", input: "{}")
      #expect(good.status == 0)
      #expect(try JSONValue(parsing: good.output)["body"] == "hello")
      #expect(good.errors.contains("seen\n"))
      #expect(good.errors.contains("REPORT RequestId: "))
      let bad = try await project.run("invoke", "Hello", "--event", "-", input: #"{"do":"fail"}"#)
      #expect(bad.status == 1)
      #expect(bad.output.contains("Runtime exited with error: exit status 3"))
      let slow = try await project.run(
        "invoke", "hello", "--event", "-", input: #"{"do":"sleep"}"#)
      #expect(slow.status == 124)
      #expect(slow.output.contains("Task timed out after 1.00 seconds"))
      let unknown = try await project.run("invoke", "other", "--event", "-", input: "{}")
      #expect(unknown.status == 2)
      #expect(unknown.errors.contains("hello") && unknown.errors.contains("zipped"))
      #expect(unknown.output.isEmpty)
    }
  }
}
