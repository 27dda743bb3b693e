import JSON
import Server

/// The Lambda Runtime API of one sandbox, `http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/…`.
///
/// Each sandbox has a listener of its own: the port tells the sandboxes apart, as nothing in the
/// protocol does. Source: Lambda developer guide, "Using the Lambda runtime API"; statuses and
/// bodies of errors as AWS's runtime interface emulator gives them.
extension FunctionPool {
  /// Opens the listener for a sandbox.
  func runtimeAPI(for id: SandboxID) throws -> HTTPServer {
    var configuration = ServerConfiguration()
    configuration.maximumConnections = 64
    // A streamed response may be long and slow; `answer` holds the buffered ones to their limit.
    configuration.limits.body = limits.streamedResponse
    configuration.limits.bufferedBody = 256 * 1024
    let forever: Int64 = 24 * 3600 * 1000
    configuration.timeouts.body = forever
    configuration.timeouts.idle = forever  // between /next and /response lies the handler's work
    configuration.timeouts.halfClosed = 0
    return try HTTPServer.open(configuration, on: loop) { [weak self] request in
      await .response(self?.answer(request, from: id) ?? RuntimeAnswer.gone)
    }
  }

  private func answer(_ request: HTTPRequest, from id: SandboxID) async -> HTTPResponse {
    guard RuntimeAnswer.isLocal(request) else { return RuntimeAnswer.forbidden }
    let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    switch (request.method, parts.count, parts.first) {
    case ("GET", 2, "2018-06-01") where parts.last == "ping":
      return HTTPResponse(status: 200, text: "pong")
    case (_, _, "2018-06-01"):
      return await answerRuntime(request, parts.dropFirst().map(String.init), id)
    case (_, _, "2020-01-01"):
      return await answerExtension(request, parts.dropFirst().map(String.init), id)
    case ("PUT", 2, "2022-07-01") where parts.last == "telemetry":
      return RuntimeAnswer.unsupported("Telemetry")
    case ("PUT", 2, "2020-08-15") where parts.last == "logs":
      return RuntimeAnswer.unsupported("Logs")
    default: return RuntimeAnswer.notFound
    }
  }

  private func answerRuntime(
    _ request: HTTPRequest, _ parts: [String], _ id: SandboxID
  ) async -> HTTPResponse {
    guard parts.first == "runtime" else { return RuntimeAnswer.notFound }
    switch (request.method, parts.count, parts.dropFirst().first, parts.last) {
    case ("GET", 3, "invocation", "next"): return await next(id)
    case ("POST", 4, "invocation", "response"):
      return await respond(InvocationID(parts[2]), request, id)
    case ("POST", 4, "invocation", "error"):
      return await fail(InvocationID(parts[2]), request, id)
    case ("POST", 3, "init", "error"): return await failInit(request, id)
    default: return RuntimeAnswer.notFound
    }
  }

  // MARK: - /next

  private func next(_ id: SandboxID) async -> HTTPResponse {
    guard var sandbox = sandboxes[id], sandbox.ending == nil else { return RuntimeAnswer.gone }
    do {
      switch try sandbox.state.asked() {
      case .initialised:
        sandbox.initDuration = .now - sandbox.startedAt
        sandbox.extensions.initialised()
        backOff.succeeded()
      case .finished: finish(&sandbox)
      case .wait: break
      case .again:
        sandboxes[id] = sandbox
        guard let handout = sandbox.work?.handout else { return RuntimeAnswer.gone }
        return RuntimeAnswer.event(handout)
      }
    } catch {
      return RuntimeAnswer.refusal(error)
    }
    sandbox.idleSince = .now
    // A second /next beside a waiting one takes its place.
    sandbox.parked?.resume(returning: nil)
    sandbox.parked = nil
    sandboxes[id] = sandbox
    let handout = await withTaskCancellationHandler {
      await withCheckedContinuation { park($0, id) }
    } onCancel: {
      loop.execute { self.assumeIsolated { $0.hungUp(id) } }
    }
    return handout.map(RuntimeAnswer.event) ?? RuntimeAnswer.gone
  }

  private func park(_ continuation: CheckedContinuation<Handout?, Never>, _ id: SandboxID) {
    guard sandboxes[id]?.isIdle == true else {  // it ended on the way here
      continuation.resume(returning: nil)
      return
    }
    sandboxes[id]?.parked = continuation
    idle.removeAll { $0 == id }
    idle.append(id)
    if Task.isCancelled { hungUp(id) }
    if isStopping { end(id, .stopping) }
    dispatch()
  }

  private func hungUp(_ id: SandboxID) {
    guard let parked = sandboxes[id]?.parked else { return }
    sandboxes[id]?.parked = nil
    sandboxes[id]?.state.hungUp()
    idle.removeAll { $0 == id }
    parked.resume(returning: nil)
  }

  // MARK: - /response

  private func respond(
    _ id: InvocationID, _ request: HTTPRequest, _ place: SandboxID
  ) async -> HTTPResponse {
    let mode = request.headers["Lambda-Runtime-Function-Response-Mode"]
    guard mode == nil || mode == "streaming" else { return RuntimeAnswer.badMode }
    if let refusal = begin(id, place) { return refusal }
    let type = request.headers["Content-Type"]
    if mode == "streaming", let consume = pending[id]?.consume {
      return await stream(id, request, place, consume)
    }
    do {
      let payload = try await request.body.collect(upTo: limits.response)
      let failure = await Self.trailingFailure(of: request)
      return complete(id, place, failure) {
        InvocationResult(
          requestID: id, outcome: .succeeded, payload: payload,
          contentType: type)
      }
    } catch ServerError.bodyTooLong {
      let size = request.body.length ?? limits.response + 1
      let failure = FunctionFailure.responseTooLarge(size: size, limit: limits.response)
      _ = complete(id, place, failure) { nil }
      return RuntimeAnswer.tooLarge(limits.response)
    } catch {
      sandboxes[place]?.state.answerBroke(id)
      return RuntimeAnswer.truncated
    }
  }

  /// Passes a streamed response on while it comes. A consumer that has lost interest does not end
  /// the function: the rest is read and dropped.
  private func stream(
    _ id: InvocationID, _ request: HTTPRequest, _ place: SandboxID, _ consume: StreamConsumer
  ) async -> HTTPResponse {
    var size = 0
    let type = request.headers["Content-Type"]
    var isWanted = await Self.give(.begins(contentType: type), to: consume)
    do {
      for try await chunk in request.body {
        size += chunk.count
        guard size <= limits.streamedResponse else {
          throw ServerError.bodyTooLong(limit: limits.streamedResponse)
        }
        if isWanted { isWanted = await Self.give(.bytes(chunk), to: consume) }
      }
      let failure = await Self.trailingFailure(of: request)
      return complete(id, place, failure) {
        InvocationResult(requestID: id, outcome: .succeeded, payload: [])
      }
    } catch ServerError.bodyTooLong(let limit) {
      _ = complete(id, place, .responseTooLarge(size: size, limit: limit)) { nil }
      return RuntimeAnswer.tooLarge(limit)
    } catch {
      let failure = FunctionFailure.reported(
        type: "Runtime.TruncatedResponse",
        body: RuntimeAnswer.error("Runtime.TruncatedResponse", "the response broke off"))
      _ = complete(id, place, failure) { nil }
      return RuntimeAnswer.truncated
    }
  }

  /// False when the consumer wants no more.
  private static func give(_ part: StreamPart, to consume: StreamConsumer) async -> Bool {
    do {
      try await consume(part)
      return true
    } catch {
      return false
    }
  }

  /// An error that a streamed response ended with, told in its trailers.
  private static func trailingFailure(of request: HTTPRequest) async -> FunctionFailure? {
    let trailers = await request.body.trailers
    guard let type = trailers["Lambda-Runtime-Function-Error-Type"] else { return nil }
    let encoded = trailers["Lambda-Runtime-Function-Error-Body"] ?? ""
    let body = RuntimeAnswer.decoded(encoded) ?? RuntimeAnswer.error(type, "")
    return .reported(type: RuntimeAnswer.errorType(type), body: body)
  }

  // MARK: - /error and /init/error

  private func fail(
    _ id: InvocationID, _ request: HTTPRequest, _ place: SandboxID
  ) async -> HTTPResponse {
    if let refusal = begin(id, place) { return refusal }
    do {
      let failure = try await reported(request)
      return complete(id, place, failure) { nil }
    } catch {
      sandboxes[place]?.state.answerBroke(id)
      return RuntimeAnswer.truncated
    }
  }

  private func failInit(_ request: HTTPRequest, _ place: SandboxID) async -> HTTPResponse {
    guard sandboxes[place] != nil else { return RuntimeAnswer.gone }
    do {
      try sandboxes[place]?.state.failedToInitialise()
      let failure = try? await reported(request)
      sandboxes[place]?.initFailure = failure
      sandboxes[place]?.killAt = .now + limits.farewell
      planWatch()
      return RuntimeAnswer.accepted
    } catch {
      return RuntimeAnswer.refusal(error)
    }
  }

  private func reported(_ request: HTTPRequest) async throws -> FunctionFailure {
    let type = request.headers["Lambda-Runtime-Function-Error-Type"]
    let body = try await request.body.collect(upTo: limits.errorBody)
    return .reported(type: RuntimeAnswer.errorType(type), body: body)
  }

  // MARK: - Steps of an answer

  private func begin(_ id: InvocationID, _ place: SandboxID) -> HTTPResponse? {
    guard sandboxes[place] != nil else { return RuntimeAnswer.gone }
    do {
      try sandboxes[place]?.state.answers(id)
      return nil
    } catch {
      return RuntimeAnswer.refusal(error)
    }
  }

  /// Hands the answer to the caller. It came over time: much may have happened meanwhile.
  private func complete(
    _ id: InvocationID, _ place: SandboxID, _ failure: FunctionFailure?,
    _ result: () -> InvocationResult?
  ) -> HTTPResponse {
    guard sandboxes[place] != nil else { return RuntimeAnswer.gone }
    do {
      try sandboxes[place]?.state.answered(id)
    } catch {
      return RuntimeAnswer.refusal(error)
    }
    if let failure {
      sandboxes[place]?.work?.failure = failure
      settle(id, failure)
    } else if let result = result() {
      settle(id, result)
    }
    return RuntimeAnswer.accepted
  }
}
