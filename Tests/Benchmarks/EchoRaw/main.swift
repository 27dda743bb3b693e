import LambdaRuntime

/// Answers with the event itself: what an invocation costs when the handler costs nothing.
struct EchoRaw: RawHandler {
  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    try await response.send(event)
  }
}

Lambda.run(EchoRaw())
