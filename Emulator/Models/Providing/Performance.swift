/// A reply together with how it is to be delivered.
struct Performance: Sendable, Equatable {
  var reply: ModelReply
  /// The reply's text in the pieces in which it is streamed.
  var pieces: [String]
  /// Before the first byte.
  var delay: Duration
  /// Between two pieces.
  var pace: Duration
  var fault: Fault?

  init(
    _ reply: ModelReply, pieces: [String]? = nil, delay: Duration = .zero, pace: Duration = .zero,
    fault: Fault? = nil
  ) {
    self.reply = reply
    self.pieces = pieces ?? Array(Pieces(reply.text))
    self.delay = delay
    self.pace = pace
    self.fault = fault
  }
}

/// What a stand-in sends back: complete, or piece by piece.
struct ProviderAnswer: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    case bytes([UInt8])
    case wait(Duration)
    /// The connection breaks here.
    case cut
  }

  var status: Int
  var type: String
  var headers: [Header]
  var steps: [Step]
  var isStream: Bool

  struct Header: Sendable, Equatable {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  init(status: Int = 200, type: String = "application/json", headers: [Header] = [], body: [UInt8])
  {
    self.status = status
    self.type = type
    self.headers = headers
    steps = [.bytes(body)]
    isStream = false
  }

  /// A stream of steps.
  init(type: String, headers: [Header] = [], steps: [Step]) {
    status = 200
    self.type = type
    self.headers = headers
    self.steps = steps
    isStream = true
  }

  /// All bytes one after the other.
  var body: [UInt8] {
    steps.reduce(into: []) { body, step in if case .bytes(let bytes) = step { body += bytes } }
  }
}
