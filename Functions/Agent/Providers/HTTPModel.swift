import Glibc
package import Network
import Synchronization

/// A model reached over HTTP, in whichever wire format.
///
/// Sends again what may be sent again, never after a word was passed on. Waits 60 s for the first
/// byte and 30 s between two arrivals at the most, and never past the deadline. No error holds a key.
package struct HTTPModel<Wire: ModelWire>: Model {
  package let name: String
  private let wire: Wire
  private let client: HTTPClient
  private let retry: RetryPolicy
  /// A provider's explanation of a refusal that is worth reading.
  private let longestRefusal = 64 * 1024

  package init(
    _ wire: Wire, model: String, client: HTTPClient, retry: RetryPolicy = RetryPolicy()
  ) {
    name = "\(wire.provider)/\(model)"
    self.wire = wire
    self.client = client
    self.retry = retry
  }

  package func stream(
    _ request: ModelRequest, until deadline: ContinuousClock.Instant,
    _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws {
    var attempt = 0
    let hasPassedText = Mutex(false)
    while true {
      attempt += 1
      do {
        return try await once(request, deadline) { event in
          if event.isContent { hasPassedText.withLock { $0 = true } }
          try await receive(event)
        }
      } catch let error as ModelError {
        var generator = SystemRandomNumberGenerator()
        let wait = ModelRetry.wait(
          after: error, attempt: attempt, hasPassedText: hasPassedText.withLock { $0 },
          remaining: ContinuousClock.now.duration(to: deadline), policy: retry, using: &generator)
        guard let wait else { throw error }
        try await Task.sleep(for: wait)
      }
    }
  }

  private func once(
    _ request: ModelRequest, _ deadline: ContinuousClock.Instant,
    _ receive: (ModelEvent) async throws -> Void
  ) async throws {
    let sent = try await self.request(request)
    do {
      let response = try await client.stream(sent, deadline: deadline)
      guard (200...299).contains(response.status) else { throw await refusal(response) }
      var answer = wire.answer()
      for try await bytes in response.body {
        for event in try answer.receive(bytes) { try await receive(event) }
      }
      for event in try answer.end() { try await receive(event) }
    } catch let error as ModelError {
      throw KeyRedaction(sent).cleaned(error)
    } catch let error as NetworkError {
      try Task.checkCancellation()
      throw KeyRedaction(sent).cleaned(ModelError(error))
    }
  }

  /// Without a key, a token or credentials there is no request; another provider may have them.
  private func request(_ request: ModelRequest) async throws -> ClientRequest {
    do {
      return try await wire.request(for: request)
    } catch let error as ModelError {
      throw error
    } catch {
      try Task.checkCancellation()
      throw ModelError.rejected(status: 0, code: "no_credentials", message: "\(error)")
    }
  }

  private func refusal(_ response: StreamedResponse) async -> ModelError {
    let body = (try? await response.body.collect(upTo: longestRefusal)) ?? []
    return wire.refusal(
      ClientResponse(status: response.status, headers: response.headers, body: body),
      now: Double(time(nil)))
  }
}

extension ModelEvent {
  /// True for what cannot be taken back once it was passed on.
  var isContent: Bool {
    switch self {
    case .text, .toolCall: true
    case .usage, .finish, .source, .model: false
    }
  }
}

extension ModelError {
  init(_ error: NetworkError) {
    self =
      switch error {
      case .deadlineExceeded: .deadlineExceeded
      case .idle(let received) where received == 0: .silent(RequestTimeouts().firstByte)
      case .idle: .silent(RequestTimeouts().idle)
      case .connectionLost(let received, let detail) where received > 0: .interrupted(detail)
      case .connectionLost, .refused, .unresolvableHost, .connectTimeout: .unreachable("\(error)")
      case .malformedResponse, .responseTooLarge: .malformed("\(error)")
      case .invalidRequest, .unavailable, .untrusted, .requestBodyFailed, .cancelled:
        .rejected(status: 0, code: nil, message: "\(error)")
      }
  }
}
