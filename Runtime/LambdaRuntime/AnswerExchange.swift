/// The answer to one invocation: which request is legal next, and what is said about the outcome.
struct AnswerExchange {
  private enum Phase {
    case open
    case streaming(bytes: Int)
    case answered
  }

  private let client: RuntimeClient
  private let invocation: Invocation
  private let host: String
  private var phase = Phase.open

  init(client: RuntimeClient, invocation: Invocation, host: String) {
    self.client = client
    self.invocation = invocation
    self.host = host
  }

  mutating func send(_ body: [UInt8], contentType: String) throws {
    guard case .open = phase else { throw ResponseError.alreadyAnswered }
    guard body.count <= ResponseStream.bodyLimit else {
      throw ResponseError.tooLarge(bytes: body.count)
    }
    phase = .answered
    let request = request("response").field("Content-Type", contentType)
    guard let status = post(request, body: body) else { throw ResponseError.connectionLost }
    if status == 413 {
      report(ErrorReport(ResponseError.tooLarge(bytes: body.count)))
    }
  }

  mutating func start(prelude: [UInt8]) throws {
    guard case .open = phase else { throw ResponseError.alreadyAnswered }
    try begin(contentType: "application/vnd.awslambda.http-integration-response")
    try write(prelude + [UInt8](repeating: 0, count: 8))
  }

  mutating func write(_ bytes: [UInt8]) throws {
    if case .open = phase { try begin(contentType: "application/octet-stream") }
    guard case .streaming(let count) = phase else { throw ResponseError.alreadyAnswered }
    guard count + bytes.count <= ResponseStream.streamLimit else {
      throw ResponseError.streamTooLong
    }
    phase = .streaming(bytes: count + bytes.count)
    do throws(RuntimeFailure) {
      try client.sendChunk(bytes)
    } catch {
      throw lost(error)
    }
  }

  mutating func finish() {
    switch phase {
    case .answered:
      break
    case .open:
      phase = .answered
      report(
        ErrorReport(type: "Runtime.NoResponse", message: "the handler returned without a response"))
    case .streaming:
      end(trailers: [])
    }
  }

  mutating func fail(_ error: ErrorReport) {
    log(error)
    switch phase {
    case .answered:
      break
    case .open:
      phase = .answered
      report(error)
    case .streaming:
      var trailers = Array("Lambda-Runtime-Function-Error-Type: \(error.type)\r\n".utf8)
      trailers += "Lambda-Runtime-Function-Error-Body: ".utf8
      trailers += Base64.encode(error.body)
      trailers += "\r\n".utf8
      end(trailers: trailers)
    }
  }

  private mutating func begin(contentType: String) throws {
    let request = request("response")
      .field("Content-Type", contentType)
      .field("Lambda-Runtime-Function-Response-Mode", "streaming")
      .field("Transfer-Encoding", "chunked")
      .field("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
    do throws(RuntimeFailure) {
      try client.beginChunks(request, until: invocation.deadline)
      phase = .streaming(bytes: 0)
    } catch {
      throw lost(error)
    }
  }

  private mutating func end(trailers: [UInt8]) {
    phase = .answered
    do throws(RuntimeFailure) {
      note(try client.endChunks(trailers: trailers))
    } catch {
      _ = lost(error)
    }
  }

  private mutating func lost(_ failure: RuntimeFailure) -> ResponseError {
    phase = .answered
    invocation.log.error("response lost", ["reason": .string(failure.description)])
    return .connectionLost
  }

  private func report(_ error: ErrorReport) {
    var request = request("error")
      .field("Content-Type", "application/json")
      .field("Lambda-Runtime-Function-Error-Type", error.type)
    if invocation.traceID != nil {
      request = request.field("Lambda-Runtime-Function-XRay-Error-Cause", error.traceCause)
    }
    _ = post(request, body: error.body)
  }

  /// The answer's status; nil when there is none.
  private func post(_ request: RequestText, body: [UInt8]) -> Int? {
    do throws(RuntimeFailure) {
      let response = try client.post(request, body: body)
      note(response)
      return response.status
    } catch {
      invocation.log.error("response lost", ["reason": .string(error.description)])
      return nil
    }
  }

  /// A refused answer is logged and over: the next event is waiting (410: this one timed out).
  private func note(_ response: Response) {
    guard !(200..<300).contains(response.status) else { return }
    invocation.log.write(
      response.status == 410 ? .warn : .error, "response refused",
      [
        "status": .integer(response.status),
        "reason": .string(String(decoding: response.body.prefix(1024), as: UTF8.self)),
      ])
  }

  /// A lost connection has been logged already.
  private func log(_ error: ErrorReport) {
    guard error.type != ResponseError.connectionLost.errorType else { return }
    invocation.log.error(
      "invocation failed",
      ["errorType": .string(error.type), "errorMessage": .string(error.message)])
  }

  private func request(_ what: String) -> RequestText {
    let request = RequestText(
      .post, "/2018-06-01/runtime/invocation/", invocation.requestID, "/", what, host: host)
    guard let id = invocation.invocationID else { return request }
    return request.field("Lambda-Runtime-Invocation-Id", id)
  }
}
