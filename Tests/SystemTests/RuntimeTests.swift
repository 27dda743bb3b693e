import Support
import Testing

/// The runtime as it is used: for long, under signals, from another package.
@Suite(.serialized) struct RuntimeTests {
  @Test(.enabled(if: Project.runsEverything))
  func `100,000 invocations leave memory as it was`() async throws {
    try await Client.run("memory_test.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `the package of docs/runtime.md is built, runs and is packed`() async throws {
    try await Client.run("library_test.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `SIGTERM at any point of an answer ends it in order`() async throws {
    try await Client.run("signals_test.py")
  }
}
