/// Where one sandbox's runtime stands in its conversation with the Runtime API: rules only, no I/O.
///
/// Source: Lambda developer guide, "Using the Lambda runtime API", and the states of AWS's own
/// emulator: a runtime asks, is handed an event, answers it once, asks again.
struct InvocationState: Equatable {
  enum Phase: Equatable {
    /// Started, has not asked yet.
    case starting
    /// Reported an init error; only its exit is awaited.
    case failed
    /// Waits in `/next`.
    case waiting
    /// Its `/next` connection closed without an event: it may ask again.
    case absent
    /// Works on an event.
    case running(InvocationID)
    /// Its answer is being read.
    case answering(InvocationID)
    /// Answered, has not asked again: background work.
    case answered(InvocationID)
    /// Out of time: only its end is awaited.
    case expired(InvocationID)
  }

  /// What a `/next` gets.
  enum Next: Equatable {
    /// The first one: initialisation is over.
    case initialised
    /// The invocation before it is over.
    case finished(InvocationID)
    /// It asked while nothing was handed out: wait.
    case wait
    /// It asked again without an answer: the same event once more.
    case again(InvocationID)
  }

  enum Refusal: Error, Equatable {
    /// 403 `InvalidStateTransition`.
    case invalidTransition(String)
    /// 400 `InvalidInvocationID`.
    case unknownInvocation
    /// 410 `ErrorRuntimeInvokeTimeout`.
    case tooLate
  }

  private(set) var phase = Phase.starting

  /// Whether it can be handed an event.
  var isWaiting: Bool { phase == .waiting }

  /// The invocation that its caller still waits for.
  var unanswered: InvocationID? {
    switch phase {
    case .running(let id), .answering(let id): id
    default: nil
    }
  }

  /// The invocation whose `END` is still to be written.
  var current: InvocationID? {
    switch phase {
    case .running(let id), .answering(let id), .answered(let id), .expired(let id): id
    default: nil
    }
  }

  /// `GET /next` came.
  mutating func asked() throws(Refusal) -> Next {
    switch phase {
    case .starting:
      phase = .waiting
      return .initialised
    case .waiting, .absent:
      phase = .waiting
      return .wait
    case .running(let id): return .again(id)
    case .answered(let id):
      phase = .waiting
      return .finished(id)
    case .answering: throw .invalidTransition("next while an answer is being sent")
    case .failed: throw .invalidTransition("next after an init error")
    case .expired: throw .tooLate
    }
  }

  /// An event goes out to a waiting runtime.
  mutating func hand(_ id: InvocationID) throws(Refusal) {
    guard phase == .waiting else { throw .invalidTransition("an event for a busy runtime") }
    phase = .running(id)
  }

  /// The `/next` connection closed while waiting.
  mutating func hungUp() {
    if phase == .waiting { phase = .absent }
  }

  /// `POST /response` or `/error` begins.
  mutating func answers(_ id: InvocationID) throws(Refusal) {
    switch phase {
    case .running(id): phase = .answering(id)
    case .answering(id), .answered(id): throw .invalidTransition("a second answer")
    case .expired(id): throw .tooLate
    default: throw .unknownInvocation
    }
  }

  /// The answer is complete.
  mutating func answered(_ id: InvocationID) throws(Refusal) {
    switch phase {
    case .answering(id): phase = .answered(id)
    case .expired(id): throw .tooLate
    default: throw .unknownInvocation
    }
  }

  /// The answer broke off on the way: the runtime may send it once more.
  mutating func answerBroke(_ id: InvocationID) {
    if phase == .answering(id) { phase = .running(id) }
  }

  /// `POST /init/error` came.
  mutating func failedToInitialise() throws(Refusal) {
    guard phase == .starting else { throw .invalidTransition("an init error after initialisation") }
    phase = .failed
  }

  /// The time of its invocation is over. False when there was none to end.
  mutating func expire() -> Bool {
    guard let id = unanswered else { return false }
    phase = .expired(id)
    return true
  }
}
