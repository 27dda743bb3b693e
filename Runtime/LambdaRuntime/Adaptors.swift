struct ValueAdaptor<Wrapped: Handler>: RawHandler {
  let handler: Wrapped

  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    let value = try Coding.decode(Wrapped.Event.self, from: event)
    let answer = try await handler.handle(value, invocation)
    try await response.send(try Coding.encode(answer))
  }
}

struct BackgroundAdaptor<Wrapped: BackgroundHandler>: RawHandler {
  let handler: Wrapped

  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    let value = try Coding.decode(Wrapped.Event.self, from: event)
    try await handler.handle(value, Answer(stream: response), invocation)
  }
}

struct StreamingAdaptor<Wrapped: StreamingHandler>: RawHandler {
  let handler: Wrapped

  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    let value = try Coding.decode(Wrapped.Event.self, from: event)
    try await handler.handle(value, response, invocation)
  }
}

struct Logged<Wrapped: RawHandler>: RawHandler {
  let handler: Wrapped

  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    let start = ContinuousClock.now
    do {
      try await handler.handle(event, response, invocation)
      invocation.log.info(
        "answered", ["durationMs": .double(start.duration(to: .now).milliseconds)])
    } catch {
      invocation.log.error(
        "failed",
        [
          "durationMs": .double(start.duration(to: .now).milliseconds),
          "errorType": .string(ErrorReport(error).type),
        ])
      throw error
    }
  }
}

struct Placed<Wrapped: RawHandler>: RawHandler {
  let handler: Wrapped
  let executor: any TaskExecutor

  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    try await withTaskExecutorPreference(executor) {
      try await handler.handle(event, response, invocation)
    }
  }
}

struct Measured<Wrapped: RawHandler>: RawHandler {
  let handler: Wrapped
  let namespace: String

  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    var metrics = try Metrics(
      namespace: namespace, dimensions: ["FunctionName": invocation.functionName])
    if invocation.isFirst {
      try metrics.add("ColdStart", 1, unit: .count)
    }
    let start = ContinuousClock.now
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await handler.handle(event, response, invocation))
    } catch {
      outcome = .failure(error)
      try metrics.add("Errors", 1, unit: .count)
    }
    try metrics.add(
      "Duration", start.duration(to: .now).milliseconds, unit: .milliseconds)
    metrics.emit(for: invocation)
    try outcome.get()
  }
}

extension Duration {
  /// This duration in milliseconds.
  var milliseconds: Double {
    let parts = components
    return Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15
  }
}
