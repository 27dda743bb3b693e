import Support
import Testing

/// Models of providers: the stand-ins by the providers' own SDKs, and our clients with foreign servers.
@Suite(.serialized, .enabled(if: Project.runsEverything)) struct ProviderTests {
  private static let scripts = ["providers_test.py", "providers_more_test.py"]

  @Test func `the official SDKs of today and of the generation before work`() async throws {
    try await withEmulator { emulator in
      let services = try emulator.address("services")
      for environment in [Client.python, Client.python(of: "oldsdks")] {
        for script in Self.scripts {
          try await Client.run(script, [services], python: environment)
        }
      }
    }
  }

  @Test func `every provider answers, and the next one when one cannot`() async throws {
    try await Client.run("provider_choice.py")
  }

  @Test func `each fault of a provider ends in the right answer or in one error`() async throws {
    try await Client.run("provider_faults.py")
  }

  @Test func `each provider streams and calls tools through LiteLLM's proxy`() async throws {
    try await Client.run("litellm_test.py")
  }
}
