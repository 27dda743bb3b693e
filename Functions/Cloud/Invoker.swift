import Crypto
import JSON
import Network

/// What a function answered.
package struct InvokedAnswer: Sendable, Equatable {
  package let payload: [UInt8]
  /// `Handled` or `Unhandled` when the function failed: the payload then says how.
  package let functionError: String?

  package init(payload: [UInt8], functionError: String? = nil) {
    self.payload = payload
    self.functionError = functionError
  }
}

/// Invokes other functions: AWS Lambda.
package struct Invoker: Sendable {
  private let client: CloudClient

  package init(_ client: CloudClient) { self.client = client }

  /// The same, whose calls end at `deadline`.
  package func until(_ deadline: ContinuousClock.Instant) -> Invoker {
    Invoker(client.until(deadline))
  }

  /// Hands an event over; it is handled later, at least once.
  package func send(_ event: [UInt8], to function: String) async throws(CloudError) {
    _ = try await invoke(function, event, "Event")
  }

  /// Hands an event over and waits for the answer.
  package func call(
    _ function: String, _ event: [UInt8]
  ) async throws(CloudError) -> InvokedAnswer {
    let response = try await invoke(function, event, "RequestResponse")
    return InvokedAnswer(
      payload: response.body, functionError: response.headers["x-amz-function-error"])
  }

  private func invoke(
    _ function: String, _ event: [UInt8], _ type: String
  ) async throws(CloudError) -> ClientResponse {
    try await client.send(
      CloudClient.Call(
        service: .lambda, base: client.settings.endpoint(of: .lambda),
        path: "/2015-03-31/functions/\(PercentEncoding.encode(function))/invocations",
        headers: [("Content-Type", "application/json"), ("X-Amz-Invocation-Type", type)],
        body: event))
  }
}
