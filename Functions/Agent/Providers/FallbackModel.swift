import Synchronization

/// Several models in order of preference: the next one answers when one cannot.
///
/// The next one is asked only while nothing was passed on, and not for what every model would refuse.
/// A model that keeps failing is left out for a while; when all are, the first one is asked anyway.
/// One that is silent for `patience` is given up while there is another one to ask. Who answers is
/// told by `ModelEvent.model` before anything else.
package final class FallbackModel: Model {
  private struct Choice: Sendable {
    var model: any Model
    var settings: ModelSettings
  }

  package let name: String
  private let choices: [Choice]
  private let breakers: Breakers
  private let patience: Duration

  /// Each model is asked with its own settings instead of the request's. There is at least one.
  package init(
    _ models: [(model: any Model, settings: ModelSettings)], breakers: Breakers = Breakers(),
    patience: Duration = .seconds(8)
  ) {
    precondition(!models.isEmpty, "a list of no models")
    choices = models.map { Choice(model: $0.model, settings: $0.settings) }
    name = models[0].model.name
    self.breakers = breakers
    self.patience = patience
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
        try await ask(place, request, deadline) { event in
          if event.isContent { hasPassedOn.withLock { $0 = true } }
          try await receive(event)
        }
        breakers.succeeded(choices[place].model.name)
        return
      } catch let error as ModelError {
        if error.speaksAgainstProvider { breakers.failed(choices[place].model.name) }
        failure = error
        guard !hasPassedOn.withLock({ $0 }), error.mayGoElsewhere else { throw error }
      }
    }
    throw failure
  }

  /// Asks one model, for as long as it may be silent.
  private func ask(
    _ place: Int, _ request: ModelRequest, _ deadline: ContinuousClock.Instant,
    _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws {
    let model = choices[place].model
    let beginning = Beginning()
    let heard: @Sendable (ModelEvent) async throws -> Void = { event in
      if beginning.take() { try await receive(.model(model.name)) }
      try await receive(event)
    }
    guard place < choices.count - 1 else {
      return try await model.stream(request, until: deadline, heard)
    }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        try await model.stream(request, until: deadline, heard)
        return true
      }
      group.addTask { [patience] in
        try await Task.sleep(for: patience)
        guard beginning.isTaken else { throw ModelError.silent(patience) }
        return false
      }
      while let isOver = try await group.next(), !isOver {}
    }
  }

  /// Whether to ask a model now: its breaker lets it, or it is the first one and none's does.
  private func mayAsk(_ place: Int) -> Bool {
    breakers.mayTry(choices[place].model.name)
      || place == 0 && choices.allSatisfy { breakers.isOpen($0.model.name) }
  }
}

/// Whether a model has said anything yet.
private final class Beginning: Sendable {
  private let taken = Mutex(false)

  var isTaken: Bool { taken.withLock { $0 } }

  /// True the first time.
  func take() -> Bool {
    taken.withLock { taken in
      defer { taken = true }
      return !taken
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
    case .malformed, .brokenCall, .deadlineExceeded: false
    default: true
    }
  }
}
