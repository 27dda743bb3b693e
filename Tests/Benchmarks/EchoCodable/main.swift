import LambdaRuntime

/// Eleven fields of an event of an HTTP API, as a typed handler would name them.
struct Request: Decodable {
  struct Context: Decodable {
    struct HTTP: Decodable {
      let method: String
      let path: String
      let sourceIp: String
      let userAgent: String
    }

    let http: HTTP
    let requestId: String
    let stage: String
    let timeEpoch: Int
  }

  let version: String
  let routeKey: String
  let rawQueryString: String
  let isBase64Encoded: Bool
  let requestContext: Context
}

/// A small part of it, as the answer.
struct Echo: Encodable {
  let method: String
  let path: String
  let requestId: String
}

struct EchoCodable: Handler {
  func handle(_ event: Request, _ invocation: Invocation) async throws -> Echo {
    let http = event.requestContext.http
    return Echo(method: http.method, path: http.path, requestId: event.requestContext.requestId)
  }
}

Lambda.run(EchoCodable())
