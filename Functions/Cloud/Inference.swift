import Crypto
import Network

/// Runs models that answer with one document: Bedrock's InvokeModel.
package struct Inference: Sendable {
  private let client: CloudClient

  package init(_ client: CloudClient) { self.client = client }

  /// The same, whose calls end at `deadline`.
  package func until(_ deadline: ContinuousClock.Instant) -> Inference {
    Inference(client.until(deadline))
  }

  /// Hands a model its body in JSON; its answer.
  package func invoke(_ model: String, _ body: [UInt8]) async throws(CloudError) -> [UInt8] {
    let call = CloudClient.Call(
      service: .bedrockRuntime, base: client.settings.endpoint(of: .bedrockRuntime),
      path: "/model/\(PercentEncoding.encode(model))/invoke",
      headers: [("Content-Type", "application/json"), ("Accept", "application/json")], body: body)
    return try await client.send(call).body
  }
}
