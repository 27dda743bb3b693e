import Server

/// What browsers need to let a page of another origin use the services: off unless the origin was
/// named with `--cors`. Buckets with rules of their own answer for themselves.
struct BrowserAccess: Sendable {
  let guardian: LoopbackGuard

  /// The origin of a request that gets these headers; nil for all other requests.
  func origin(of request: HTTPRequest) -> String? {
    guard !guardian.origins.isEmpty, let origin = request.headers["Origin"],
      guardian.isAllowed(origin)
    else { return nil }
    return origin
  }

  /// The answer to a preflight; nil for any other request.
  func preflight(_ request: HTTPRequest, _ origin: String) -> HTTPResponse? {
    guard request.method == "OPTIONS",
      request.headers.contains("Access-Control-Request-Method")
    else { return nil }
    var headers: HTTPHeaders = [
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Allow-Methods": "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS",
      "Access-Control-Max-Age": "300",
      "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    ]
    if let names = request.headers["Access-Control-Request-Headers"] {
      headers.append("Access-Control-Allow-Headers", names)
    }
    return HTTPResponse(status: 204, headers: headers)
  }

  /// The answer with the headers that let the page read it.
  func marked(_ response: HTTPResponse, _ origin: String) -> HTTPResponse {
    guard !response.headers.contains("Access-Control-Allow-Origin") else { return response }
    var response = response
    response.headers.append("Access-Control-Allow-Origin", origin)
    response.headers.append("Access-Control-Expose-Headers", Self.exposed)
    response.headers.append("Vary", "Origin")
    return response
  }

  /// What SDKs in browsers read.
  private static let exposed =
    "ETag, x-amz-request-id, x-amz-id-2, x-amz-version-id, x-amz-delete-marker, x-amzn-RequestId, "
    + "x-amzn-ErrorType, x-amz-crc32, Content-Range, Accept-Ranges, Date"
}
