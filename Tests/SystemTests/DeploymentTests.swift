import Support
import Testing

/// From the template to a stack in an account: what can be tried without one.
@Suite(.serialized) struct DeploymentTests {
  @Test func `cfn-lint and the SAM translator take the template`() async throws {
    try await Client.run("template_test.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `a package runs where there is nothing else`() async throws {
    // Says so when it could not try that.
    print(try await Client.run("package_test.py"))
  }

  @Test func `smoke tries health, page and a turn, and says which failed`() async throws {
    try await Client.run("smoke_test.py")
  }
}
