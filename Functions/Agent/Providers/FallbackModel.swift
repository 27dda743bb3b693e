import Synchronization

/// Several models in order of preference: the next one answers when one cannot.
///
/// The next one is asked only while nothing was passed on, and not for what every model would refuse.
/// A model that keeps failing is left out for a while; when all are, the first one is asked anyway.
package final class FallbackModel: Model {
  private struct Choice: Sendable {
    var model: any Model
    var settings: ModelSettings
  }

  package let name: String
  private let choices: [Choice]
  private let breakers: Mutex<[Breaker]>

  /// Each model is asked with its own settings instead of the request's. There is at least one.
  package init(
    _ models: [(model: any Model, settings: ModelSettings)], breaker: Breaker = Breaker()
  ) {
    precondition(!models.isEmpty, "a list of no models")
    choices = models.map { Choice(model: $0.model, settings: $0.settings) }
    name = models[0].model.name
    breakers = Mutex(models.map { _ in breaker })
  }

  package func stream(
    _ request: ModelRequest, until deadline: ContinuousClock.Instant,
    _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws {
    let hasPassedOn = Mutex(false)
    var failure: any Error = ModelError.unreachable("no model may be asked")
    for place in choices.indices where mayAsk(place) {
      var request = request
      request.settings = choices[place].settings
      do {
        try await choices[place].model.stream(request, until: deadline) { event in
          if event.isContent { hasPassedOn.withLock { $0 = true } }
          try await receive(event)
        }
        breakers.withLock { $0[place].succeeded() }
        return
      } catch let error as ModelError {
        if error.speaksAgainstProvider {
          breakers.withLock { $0[place].failed(at: .now) }
        }
        failure = error
        guard !hasPassedOn.withLock({ $0 }), error.mayGoElsewhere else { throw error }
      }
    }
    throw failure
  }

  /// Whether to ask a model now: its breaker lets it, or it is the first one and none's does.
  private func mayAsk(_ place: Int) -> Bool {
    breakers.withLock { breakers in
      let now = ContinuousClock.now
      if breakers[place].mayTry(at: now) { return true }
      return place == 0 && breakers.allSatisfy { $0.isOpen(at: now) }
    }
  }
}

extension ModelError {
  /// True for failures that another provider need not have.
  fileprivate var mayGoElsewhere: Bool {
    switch self {
    case .deadlineExceeded: false
    case .rejected(let status, _, _): [0, 401, 402, 403, 404].contains(status)
    default: true
    }
  }

  /// True when the provider, and not what was asked of it, is at fault.
  fileprivate var speaksAgainstProvider: Bool {
    switch self {
    case .rejected(let status, _, _): [0, 401, 402, 403].contains(status)
    case .malformed, .deadlineExceeded: false
    default: true
    }
  }
}
