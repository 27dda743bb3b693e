import Support
import Testing

/// The stores, driven by foreign clients that start an emulator of their own.
@Suite(.serialized) struct StoreTests {
  @Test func `boto3 drives every operation of S3`() async throws {
    try await Client.run("s3_test.py")
    try await Client.run("s3_uploads_test.py")
    try await Client.run("s3_settings_test.py")
  }

  @Test func `what is kept survives a journey, and seeds change nothing twice`() async throws {
    try await Client.run("state_test.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `the AWS CLI drives each service`() async throws {
    try await Client.run("cli_test.py")
  }

  @Test(.enabled(if: Project.runsEverything))
  func `10,000 objects in pages, and a gigabyte through little memory`() async throws {
    try await Client.run("s3_large_test.py")
  }
}
