import Support
import Testing

/// The acceptance of the walking skeleton, driven from outside over real sockets.
@Suite(.serialized) struct SkeletonTests {
  @Test func `a user talks to the tutor, an admin reads, boto3 sees the stores`() async throws {
    try await withEmulator { emulator in
      try await emulator.run("chat.py")
      try await emulator.run("admin.py")
      try await emulator.run("conversations.py")
      try await emulator.run("handover.py")
      try await emulator.run("cache.py")
      try await emulator.run("stores.py")
      for script in ["keys", "secrets", "messages", "logs", "operations"] {
        try await emulator.run("\(script)_test.py")
      }
      try await emulator.run("knowledge.py")
      try await emulator.run("dynamodb_test.py", try emulator.address("services"))
      try await emulator.run(
        "page_test.py", try emulator.address("gateway"), try emulator.address("token"))
      if Project.runsEverything {
        try await emulator.run("evaluate.py")
      }
    }
  }

  @Test func `queues, rules and secrets reach functions`() async throws {
    try await Client.run("sources_test.py")
  }

  @Test func `invoke and token work without and beside a running emulator`() async throws {
    try await Client.run("invoke.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `a share of the users gets another version, and the two are compared`() async throws {
    try await Client.run("variants.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `a client that drops and comes back gets the exact text once`() async throws {
    try await Client.run("resume.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `64 writers lose nothing, and no answered write is lost by 50 kills`() async throws {
    try await Client.run("stores_crash.py")
  }

  @Test func `faults end in an error frame, and nothing stored is lost`() async throws {
    try await Client.run("faults.py")
  }
}
