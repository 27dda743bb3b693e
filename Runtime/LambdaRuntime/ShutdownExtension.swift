/// The internal extension without events that makes Lambda send SIGTERM.
///
/// Lambda stops a sandbox without extensions by SIGKILL (Lambda developer guide, "Extensions
/// API"). One that is registered and waits for an event that never comes is enough.
struct ShutdownExtension: Sendable {
  private static let name = "martlet-runtime"
  private static let path = "/2020-01-01/extension"

  let endpoint: Endpoint

  /// Registers over the run loop's own connection, before its first `/next`.
  ///
  /// Returns the identifier; nil where there are no extensions, which is no error.
  func register(with client: RuntimeClient) -> String? {
    let request = RequestText(.post, "\(Self.path)/register", host: endpoint.text)
      .field("Lambda-Extension-Name", Self.name)
      .field("Content-Type", "application/json")
    let response = try? client.post(request, body: Array(#"{"events":[]}"#.utf8))
    guard let response, response.status == 200 else { return nil }
    return response.head.value(of: "lambda-extension-identifier")
  }

  /// Says that the extension is ready, and leaves the request open.
  func park(as identifier: String, on client: RuntimeClient) {
    let request = RequestText(.get, "\(Self.path)/event/next", host: endpoint.text)
      .field("Lambda-Extension-Identifier", identifier)
    try? client.park(request.bytes())
  }
}
