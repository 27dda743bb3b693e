import Crypto
import JSON
import Server
import Template

/// Function URLs: a function's own address, buffered or streamed.
///
/// Reached as `NAME.lambda-url.localhost`, or as `/_martlet/functions/NAME/…` where such names do
/// not resolve, or at the path that the template names (`Metadata.Martlet.Path`). Source: Lambda developer guide, "Invoking Lambda function URLs".
struct FunctionURLs: Sendable {
  private let configuration: GatewayConfiguration
  private let invocations: Invocations
  private static let prefix = "/_martlet/functions/"
  /// Lambda's longest timeout, and time to say so.
  private static let limit = Duration.seconds(910)

  init(_ configuration: GatewayConfiguration, _ invocations: Invocations) {
    self.configuration = configuration
    self.invocations = invocations
  }

  struct Place: Sendable {
    let function: String
    let definition: FunctionURLDefinition
    /// The request as the function is to see it.
    let request: HTTPRequest
  }

  /// The function a request is for; nil when it is for none.
  func place(of request: HTTPRequest) -> Place? {
    let host = request.domainName.lowercased()
    for (name, definition) in configuration.functionURLs {
      if host.hasPrefix(name.lowercased() + ".lambda-url.") {
        return Place(function: name, definition: definition, request: request)
      }
      if definition.path == request.path {
        return Place(function: name, definition: definition, request: request)
      }
      let path = FunctionURLs.prefix + name
      guard request.path == path || request.path.hasPrefix(path + "/") else { continue }
      var inner = request
      let rest = request.path.dropFirst(path.count)
      inner.target = (rest.isEmpty ? "/" : rest) + (request.query.map { "?" + $0 } ?? "")
      return Place(function: name, definition: definition, request: inner)
    }
    return nil
  }

  func answer(_ place: Place) async -> HTTPResponse {
    let start = configuration.now()
    let requestID = RequestID.uuid()
    let cors = place.definition.cors.map { CORSRules($0) }
    var response: HTTPResponse
    if let preflight = cors?.preflight(place.request) {
      response = preflight
    } else {
      response = await invoke(place, requestID, at: start)
      cors?.apply(to: &response, for: place.request)
    }
    response.headers.append("x-amzn-RequestId", requestID)
    let end = configuration.now()
    configuration.log(
      AccessLogLine(
        kind: .http, time: start,
        request: "\(place.request.method) \(place.function) \(place.request.path)",
        route: "$default", status: response.status,
        milliseconds: end.milliseconds - start.milliseconds, requestID: requestID,
        connectionID: nil, sourceIP: place.request.peer.address))
    return response
  }

  private func invoke(
    _ place: Place, _ requestID: String, at time: GatewayTime
  ) async -> HTTPResponse {
    let signed = place.request.headers["Authorization"]?.hasPrefix("AWS4-HMAC-SHA256 ") == true
    guard signed || !place.definition.requiresSignature else {
      return .refusal(403, type: "AccessDeniedException", "Forbidden")
    }
    let body: [UInt8]
    do {
      body = try await place.request.body.collect(upTo: configuration.longestBody)
    } catch ServerError.bodyTooLong {
      return .message(413, "Request Entity Too Large")
    } catch {
      return .message(400, "Bad Request")
    }
    let call = HTTPCall(
      accountID: place.definition.requiresSignature ? configuration.accountID : "anonymous",
      apiID: place.function.lowercased(), stage: APIStage(name: "$default"),
      request: place.request, body: body,
      route: HTTPRoute(key: "$default", function: place.function), parameters: [],
      requestID: requestID, time: time, trace: TraceID.of(place.request, at: time))
    if place.definition.streams, let invoke = configuration.invokeStreaming {
      return await stream(call, invoke)
    }
    return FunctionURLs.response(
      to: await invocations.invoke(place.function, call.event(), within: FunctionURLs.limit))
  }

  private static func response(to outcome: InvocationOutcome) -> HTTPResponse {
    switch outcome {
    case .success(let bytes):
      guard let answer = FunctionAnswer.http(bytes) else {
        return .message(502, "Internal Server Error")
      }
      return HTTPResponse(answer)
    case .functionError, .timedOut: return .message(502, "Internal Server Error")
    case .unavailable: return .message(503, "Service Unavailable")
    case .throttled: return .refusal(429, type: "TooManyRequestsException", "Rate Exceeded.")
    case .eventTooLarge: return .message(413, "Request Entity Too Large")
    }
  }

  // MARK: Streaming

  private func stream(_ call: HTTPCall, _ invoke: @escaping InvokeStreaming) async -> HTTPResponse {
    let bridge = ResponseBridge()
    let function = call.route.function
    let event = call.event()
    await invocations.begin {
      bridge.end(await invoke(function, event) { try await bridge.put($0) })
    }
    let reader = ResponseReader(bridge)
    switch await reader.next() {
    case .ended(let outcome): return FunctionURLs.response(to: outcome)
    case .part(.bytes(let bytes)):
      return FunctionURLs.streamed(FunctionAnswer(streamed: nil), bytes, reader)
    case .part(.begins(let type)):
      guard type?.lowercased().hasPrefix(PreludeParser.contentType) == true else {
        return FunctionURLs.streamed(FunctionAnswer(streamed: type), [], reader)
      }
      return await FunctionURLs.prelude(reader)
    }
  }

  /// Reads the head that the function writes, then hands the rest on.
  private static func prelude(_ reader: ResponseReader) async -> HTTPResponse {
    var parser = PreludeParser()
    while case .part(let part) = await reader.next() {
      guard case .bytes(let bytes) = part else { continue }
      switch parser.append(bytes) {
      case .incomplete: continue
      case .malformed: return .message(502, "Internal Server Error")
      case .complete(let head, let rest): return streamed(head, rest, reader)
      }
    }
    return .message(502, "Internal Server Error")
  }

  /// A function that fails in the middle ends the connection, so that the client can tell.
  private static func streamed(
    _ head: FunctionAnswer, _ first: [UInt8], _ reader: ResponseReader
  ) -> HTTPResponse {
    var response = HTTPResponse(head)
    response.body = .stream(length: nil) { writer in
      if !first.isEmpty { try await writer.write(first) }
      while true {
        switch await reader.next() {
        case .part(.bytes(let bytes)): try await writer.write(bytes)
        case .part(.begins): continue
        case .ended(.success): return
        case .ended: throw ResponseBridge.Abandoned()
        }
      }
    }
    return response
  }
}
