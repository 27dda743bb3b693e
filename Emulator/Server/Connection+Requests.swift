/// Requests: from parsed bytes to the handler's task.
extension Connection {
  /// Looks at what the parser has after `count` more bytes.
  func parsed(_ count: Int) {
    guard let parser else { return }
    if let refusal = parser.refusal {
      if exchange == nil { refuse(refusal) } else { failInput(failure(of: refusal)) }
      return
    }
    if exchange != nil {
      bodyArrived(count)
    } else if parser.hasHead {
      if parser.isComplete || mustStream(parser) {
        handleRequest(parser)
      } else {
        creditBody(count, from: parser.bodyIsTimed ? nil : loop.now)
        parser.bodyIsTimed = true
      }
    }
  }

  private func mustStream(_ parser: HTTPParser) -> Bool {
    guard let length = parser.length else { return true }
    return length > limits.bufferedBody || parser.headers.contains("Expect")
  }

  private func failure(of refusal: HTTPRefusal) -> ServerError {
    refusal == .bodyTooLong ? .bodyTooLong(limit: limits.body) : .malformedBody
  }

  private func handleRequest(_ parser: HTTPParser) {
    lastExchange += 1
    let id = lastExchange
    var exchange = Exchange(
      id: id, isHead: parser.isHead, version: parser.version,
      keepsAlive: parser.keepsAlive && !isStopping, inputIsComplete: parser.isComplete)
    exchange.expectsContinue =
      !parser.isComplete && parser.version == .http11 && parser.headers.contains("Expect")
    var request = HTTPRequest(
      method: parser.method, target: String(decoding: parser.target, as: UTF8.self),
      version: parser.version, headers: parser.headers, peer: peer)
    if parser.isComplete {
      if !parser.body.isEmpty || !parser.trailers.isEmpty {
        request.body = RequestBody(parser.takeBody(), trailers: parser.trailers)
      }
      deadlines.read = .max
    } else {
      request.body = RequestBody(from: self, exchange: id, length: parser.length)
      deadlines.read = exchange.expectsContinue ? .max : loop.now + timeouts.body
    }
    if request.headers.contains("Upgrade"), request.wantsWebSocket {
      exchange.webSocketKey = request.headers["Sec-WebSocket-Key"]
    }
    self.exchange = exchange
    taskBegan()
    task = start(request, id)
  }

  /// Starts the handler's task. It begins outside of the actor: on the loop's thread it would only
  /// leave it again at once, and each such change waits for the loop's next round.
  private nonisolated func start(_ request: HTTPRequest, _ id: UInt64) -> Task<Void, Never> {
    let preference: any TaskExecutor =
      server.configuration.handlers == .loop ? loop.tasks : globalConcurrentExecutor
    return Task(executorPreference: preference) {
      await self.run(request, id)
      if self.loop.isCurrent {
        self.taskEndedHere()
      } else {
        await self.taskEnded()
      }
    }
  }

  /// The handler's task: asks the handler and hands its answer on.
  @concurrent
  private nonisolated func run(_ request: HTTPRequest, _ id: UInt64) async {
    switch await server.handler(request) {
    case .response(let response):
      if case .stream(let length, let produce) = response.body {
        guard let writer = await open(response, length, id) else { return }
        do {
          try await produce(writer)
          await endStream(id)
        } catch {
          await abortStream(id)
        }
      } else if loop.isCurrent {
        respondHere(response, id)
      } else {
        await respond(response, id)
      }
    case .webSocket(let upgrade):
      guard let socket = await accept(upgrade, id) else { return }
      await upgrade.serve(socket)
      await closeWebSocket(code: 1_000, reason: "")
    }
  }
}

// MARK: - Without a hop, for a task on the loop's thread

extension Connection {
  private nonisolated func respondHere(_ response: HTTPResponse, _ id: UInt64) {
    assumeIsolated { $0.respond(response, id) }
  }

  private nonisolated func taskEndedHere() {
    assumeIsolated { $0.taskEnded() }
  }
}

// MARK: - Bodies

extension Connection {
  /// The next bytes of a streamed body, nil at its end.
  func nextChunk(of id: UInt64) async throws -> [UInt8]? {
    guard exchange?.id == id, phase == .http, let parser else { throw ServerError.disconnected }
    if !parser.body.isEmpty {
      let chunk = parser.takeBody()
      resumeReading()
      return chunk
    }
    if let failure = exchange?.inputFailure { throw failure }
    if exchange?.inputIsComplete == true { return nil }
    guard exchange?.reader == nil else { throw ServerError.bodyInUse }
    if exchange?.expectsContinue == true {
      exchange?.expectsContinue = false
      append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
      pump()
    }
    resumeReading()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { exchange?.reader = $0 }
    } onCancel: {
      loop.execute { self.assumeIsolated { $0.cancelReader(id) } }
    }
  }

  func trailers(of id: UInt64) -> HTTPHeaders {
    exchange?.id == id ? parser?.trailers ?? [:] : [:]
  }

  private func resumeReading() {
    guard exchange?.inputIsComplete == false, exchange?.inputFailure == nil else { return }
    if deadlines.read == .max { deadlines.read = loop.now + timeouts.body }
    setInterest(1, true)
  }

  private func cancelReader(_ id: UInt64) {
    guard exchange?.id == id, let reader = exchange?.reader else { return }
    exchange?.reader = nil
    reader.resume(throwing: CancellationError())
  }

  private func bodyArrived(_ count: Int) {
    guard let parser else { return }
    exchange?.expectsContinue = false
    if parser.isComplete {
      exchange?.inputIsComplete = true
      deadlines.read = .max
    } else if parser.body.count >= limits.bodyBuffer {
      // The handler is behind: the client's clock stands still.
      deadlines.read = .max
    } else {
      creditBody(count, from: nil)
    }
    guard parser.isComplete || !parser.body.isEmpty, let reader = exchange?.reader else { return }
    exchange?.reader = nil
    reader.resume(returning: parser.body.isEmpty ? nil : parser.takeBody())
    if deadlines.read == .max, !parser.isComplete { deadlines.read = loop.now + timeouts.body }
  }

  /// Moves the body's deadline: bytes win time back, up to the full allowance.
  private func creditBody(_ count: Int, from start: Int64?) {
    let full = loop.now + timeouts.body
    let won = Int64(count) * 1_000 / max(1, timeouts.bodyRate)
    let current = start.map { $0 + timeouts.body } ?? min(deadlines.read, full)
    deadlines.read = min(full, current + won)
  }

  func failInput(_ error: ServerError) {
    guard exchange?.inputFailure == nil else { return }
    exchange?.inputFailure = error
    exchange?.keepsAlive = false
    deadlines.read = .max
    guard let reader = exchange?.reader else { return }
    exchange?.reader = nil
    reader.resume(throwing: error)
  }
}
