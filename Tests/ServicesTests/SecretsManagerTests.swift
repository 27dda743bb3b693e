import Foundation
import JSON
import Server
import Services
import Storage
import Synchronization
import Template
import Testing

/// A Secrets Manager of a test, with a clock that the test moves.
private struct Fixture {
  let service: SecretsManager
  let clock = ServiceTime()

  init() async throws {
    let clock = self.clock
    service = try await SecretsManager(try Database(":memory:")) { clock.milliseconds }
  }

  /// Status and body of one operation.
  @discardableResult
  func call(_ operation: String, _ input: JSONValue) async throws -> (Int, JSONValue) {
    var input = input
    // As SDKs do it.
    if ["CreateSecret", "PutSecretValue", "UpdateSecret"].contains(operation),
      input["ClientRequestToken"] == nil
    {
      input["ClientRequestToken"] = .string(UUID().uuidString)
    }
    let request = HTTPRequest(
      method: "POST", target: "/", headers: ["X-Amz-Target": "secretsmanager.\(operation)"],
      body: RequestBody(input.encoded()))
    let response = await service.answer(request)
    guard case .bytes(let bytes) = response.body else { return (response.status, .null) }
    return (response.status, try JSONValue(parsing: bytes))
  }
}

private final class ServiceTime: Sendable {
  private let now = Mutex(1_700_000_000_000)
  var milliseconds: Int { now.withLock { $0 } }
  func advance(days: Int) { now.withLock { $0 += days * 86_400_000 } }
}

@Suite struct SecretsManagerTests {
  @Test func `keeps a value and moves the stages when it changes`() async throws {
    let fixture = try await Fixture()
    let (_, made) = try await fixture.call(
      "CreateSecret", ["Name": "a/b", "SecretString": "one", "Tags": [["Key": "k", "Value": "v"]]])
    #expect(
      made["ARN"]?.string?.hasPrefix("arn:aws:secretsmanager:us-east-1:000000000000:secret:a/b-")
        == true)
    try await fixture.call("PutSecretValue", ["SecretId": "a/b", "SecretString": "two"])
    let (status, current) = try await fixture.call("GetSecretValue", ["SecretId": "a/b"])
    #expect(status == 200)
    #expect(current["SecretString"] == "two")
    #expect(current["VersionStages"] == ["AWSCURRENT"])
    let (_, previous) = try await fixture.call(
      "GetSecretValue", ["SecretId": "a/b", "VersionStage": "AWSPREVIOUS"])
    #expect(previous["SecretString"] == "one")
    #expect(previous["VersionId"] == made["VersionId"])
    let (_, described) = try await fixture.call("DescribeSecret", ["SecretId": made["ARN"] ?? ""])
    #expect(described["VersionIdsToStages"]?.object?.count == 2)
    #expect(described["Tags"] == [["Key": "k", "Value": "v"]])
  }

  @Test func `keeps bytes as bytes`() async throws {
    let fixture = try await Fixture()
    try await fixture.call("CreateSecret", ["Name": "binary", "SecretBinary": "AAEC/w=="])
    let (_, value) = try await fixture.call("GetSecretValue", ["SecretId": "binary"])
    #expect(value["SecretBinary"] == "AAEC/w==")
    #expect(value["SecretString"] == nil)
  }

  @Test func `says what is wrong in the service's words`() async throws {
    let fixture = try await Fixture()
    try await fixture.call("CreateSecret", ["Name": "x", "SecretString": "1"])
    try await fixture.call("CreateSecret", ["Name": "empty"])
    let token: JSONValue = .string(String(repeating: "t", count: 32))
    try await fixture.call(
      "PutSecretValue", ["SecretId": "x", "SecretString": "2", "ClientRequestToken": token])
    let cases: [(String, JSONValue, String, String)] = [
      (
        "GetSecretValue", ["SecretId": "absent"], "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret."
      ),
      (
        "GetSecretValue", ["SecretId": "empty"], "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
      ),
      (
        "GetSecretValue",
        ["SecretId": "x", "VersionId": .string(String(repeating: "v", count: 32))],
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for VersionId: "
          + String(repeating: "v", count: 32)
      ),
      (
        "CreateSecret", ["Name": "x", "SecretString": "1"], "ResourceExistsException",
        "The operation failed because the secret x already exists."
      ),
      (
        "CreateSecret", ["Name": "not valid"], "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
          + "following: -/_+=.@!"
      ),
      (
        "CreateSecret", ["SecretString": "1"], "ValidationException",
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: "
          + "Member must not be null"
      ),
      (
        "PutSecretValue", ["SecretId": "x"], "InvalidRequestException",
        "You must provide either SecretString or SecretBinary."
      ),
      (
        "PutSecretValue", ["SecretId": "x", "SecretString": 7], "SerializationException",
        "NUMBER_VALUE can not be converted to a String"
      ),
      (
        "DeleteSecret", ["SecretId": "x", "RecoveryWindowInDays": 6], "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
      ),
      (
        "ReplicateSecretToRegions", ["SecretId": "x"], "NotImplementedException",
        "martlet's Secrets Manager does not play the operation ReplicateSecretToRegions."
      ),
    ]
    for (operation, input, type, message) in cases {
      let (status, body) = try await fixture.call(operation, input)
      #expect(status == (type == "NotImplementedException" ? 501 : 400), "\(operation) \(input)")
      #expect(body["__type"]?.string == type, "\(operation) \(input)")
      #expect((body["Message"] ?? body["message"])?.string == message, "\(operation) \(input)")
    }
    let (repeated, _) = try await fixture.call(
      "PutSecretValue", ["SecretId": "x", "SecretString": "2", "ClientRequestToken": token])
    #expect(repeated == 200)
    let (_, other) = try await fixture.call(
      "PutSecretValue", ["SecretId": "x", "SecretString": "3", "ClientRequestToken": token])
    #expect(other["__type"] == "ResourceExistsException")
  }

  @Test func `deletes after the recovery window, and restores before`() async throws {
    let fixture = try await Fixture()
    try await fixture.call("CreateSecret", ["Name": "x", "SecretString": "1"])
    try await fixture.call("DeleteSecret", ["SecretId": "x", "RecoveryWindowInDays": 7])
    let (_, refused) = try await fixture.call("GetSecretValue", ["SecretId": "x"])
    #expect(refused["__type"] == "InvalidRequestException")
    let (_, again) = try await fixture.call("CreateSecret", ["Name": "x"])
    #expect(again["__type"] == "InvalidRequestException")
    let (_, list) = try await fixture.call("ListSecrets", [:])
    #expect(list["SecretList"] == [])
    try await fixture.call("RestoreSecret", ["SecretId": "x"])
    #expect(try await fixture.call("GetSecretValue", ["SecretId": "x"]).0 == 200)
    try await fixture.call("DeleteSecret", ["SecretId": "x", "RecoveryWindowInDays": 7])
    fixture.clock.advance(days: 8)
    let (_, gone) = try await fixture.call("GetSecretValue", ["SecretId": "x"])
    #expect(gone["__type"] == "ResourceNotFoundException")
    #expect(try await fixture.call("CreateSecret", ["Name": "x", "SecretString": "2"]).0 == 200)
    try await fixture.call("DeleteSecret", ["SecretId": "x", "ForceDeleteWithoutRecovery": true])
    #expect(try await fixture.call("CreateSecret", ["Name": "x"]).0 == 200)
  }

  @Test func `lists in pages`() async throws {
    let fixture = try await Fixture()
    for number in 0..<5 { try await fixture.call("CreateSecret", ["Name": "s-\(number)"]) }
    var names: [String] = []
    var input: JSONValue = ["MaxResults": 2]
    while true {
      let (_, page) = try await fixture.call("ListSecrets", input)
      names += page["SecretList"]?.array?.compactMap { $0["Name"]?.string } ?? []
      guard let next = page["NextToken"] else { break }
      input["NextToken"] = next
    }
    #expect(names == (0..<5).map { "s-\($0)" })
  }

  @Test func `makes a template's secrets once`() async throws {
    let fixture = try await Fixture()
    let wanted = SecretDefinition(
      logicalID: "Key", name: "martlet/token-key",
      value: .generated(GeneratedSecret(length: 64, excludesPunctuation: true)))
    try await fixture.service.create(secrets: [wanted])
    let first = try #require(try await fixture.service.text(of: "martlet/token-key"))
    #expect(first.utf8.count == 64)
    #expect(first.utf8.allSatisfy { $0 > 0x2F && $0 < 0x7B })
    try await fixture.service.create(secrets: [wanted])
    #expect(try await fixture.service.text(of: "martlet/token-key") == first)
  }
}
