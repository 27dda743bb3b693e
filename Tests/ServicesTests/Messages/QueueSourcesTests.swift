import JSON
import Testing

@testable import Services

@Suite struct QueueSourcesTests {
  private static let batch: [JSONValue] = [["MessageId": "a"], ["MessageId": "b"]]

  /// Source: Lambda developer guide, "Reporting batch item failures": an answer that cannot be read, or
  /// that names none of the batch, means that all of it failed.
  @Test(
    arguments: [
      ("", []), ("null", []), ("{}", []), (#"{"batchItemFailures": []}"#, []),
      (#"{"batchItemFailures": null}"#, []),
      (#"{"batchItemFailures": [{"itemIdentifier": "b"}]}"#, ["b"]),
      (#"{"batchItemFailures": [{"itemIdentifier": "c"}]}"#, ["a", "b"]),
      (#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#, ["a", "b"]),
      (#"{"batchItemFailures": [{"wrong": "a"}]}"#, ["a", "b"]),
      (#"{"batchItemFailures": "a"}"#, ["a", "b"]), ("{", ["a", "b"]),
    ] as [(String, Set<String>)])
  func `what comes again`(_ response: String, _ failed: Set<String>) {
    #expect(
      QueueSources.failures(in: Array(response.utf8), of: Self.batch) == failed, "\(response)")
  }
}
