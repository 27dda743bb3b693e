import Events
import LambdaRuntime

/// A small part of the event, as a typed handler would answer it.
struct Echo: Encodable {
  let method: String
  let path: String
  let requestID: String
}

/// Decodes an event of API Gateway's HTTP APIs and answers with a few of its fields.
struct EchoCodable: Handler {
  func handle(_ event: HTTPEvent, _ invocation: Invocation) async throws -> Echo {
    Echo(
      method: event.requestContext.http.method, path: event.rawPath,
      requestID: invocation.requestID)
  }
}

Lambda.run(EchoCodable())
