import Synchronization

/// A piece of a response that a function streams.
package enum InvocationPart: Sendable, Equatable {
  /// Comes once, before any bytes.
  case begins(contentType: String?)
  case bytes([UInt8])
}

/// Carries a streamed response from the invocation to the answer, one piece at a time: a function
/// that writes faster than its client reads waits.
final class ResponseBridge: Sendable {
  enum Event: Sendable, Equatable {
    case part(InvocationPart)
    /// The invocation is over.
    case ended(InvocationOutcome)
  }

  /// Nobody reads any more.
  struct Abandoned: Error {}

  private struct State {
    var waiting: InvocationPart?
    var outcome: InvocationOutcome?
    var isAbandoned = false
    var producer: CheckedContinuation<Void, any Error>?
    var consumer: CheckedContinuation<Event, Never>?
  }

  private let state = Mutex(State())

  // MARK: The invocation's side

  /// Hands a piece over; waits until there is room for the next, throws when nobody reads.
  func put(_ part: InvocationPart) async throws {
    try await withCheckedThrowingContinuation { (producer: CheckedContinuation<Void, any Error>) in
      let consumer = state.withLock { state -> CheckedContinuation<Event, Never>? in
        guard !state.isAbandoned else {
          producer.resume(throwing: Abandoned())
          return nil
        }
        guard let consumer = state.consumer else {
          state.waiting = part
          state.producer = producer
          return nil
        }
        state.consumer = nil
        producer.resume()
        return consumer
      }
      consumer?.resume(returning: .part(part))
    }
  }

  func end(_ outcome: InvocationOutcome) {
    let consumer = state.withLock { state in
      state.outcome = outcome
      defer { state.consumer = nil }
      return state.consumer
    }
    consumer?.resume(returning: .ended(outcome))
  }

  // MARK: The answer's side

  /// The next piece, or how it ended. A task that is cancelled abandons the response.
  func next() async -> Event {
    await withTaskCancellationHandler {
      await withCheckedContinuation { consumer in
        let (event, producer) = state.withLock { state in
          let taken = ResponseBridge.take(&state)
          if taken.event == nil { state.consumer = consumer }
          return taken
        }
        producer?.resume()
        if let event { consumer.resume(returning: event) }
      }
    } onCancel: {
      abandon()
    }
  }

  private static func take(
    _ state: inout State
  ) -> (event: Event?, producer: CheckedContinuation<Void, any Error>?) {
    if state.isAbandoned { return (.ended(.unavailable), nil) }
    if let part = state.waiting {
      defer {
        state.waiting = nil
        state.producer = nil
      }
      return (.part(part), state.producer)
    }
    return (state.outcome.map { .ended($0) }, nil)
  }

  /// Says that nobody reads any more.
  func abandon() {
    let (producer, consumer) = state.withLock { state in
      state.isAbandoned = true
      defer {
        state.waiting = nil
        state.producer = nil
        state.consumer = nil
      }
      return (state.producer, state.consumer)
    }
    producer?.resume(throwing: Abandoned())
    consumer?.resume(returning: .ended(.unavailable))
  }
}

/// Abandons a response when the answer that would have read it is dropped unread.
final class ResponseReader: Sendable {
  private let bridge: ResponseBridge

  init(_ bridge: ResponseBridge) {
    self.bridge = bridge
  }

  deinit { bridge.abandon() }

  func next() async -> ResponseBridge.Event { await bridge.next() }
}
