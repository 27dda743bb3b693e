package import JSON

/// What a client asks of a model, whatever provider's spelling it came in.
package struct ModelTask: Sendable, Equatable {
  package var model: String
  /// All instructions: system and developer messages, one after the other.
  package var instructions = ""
  package var messages: [ModelTurn] = []
  package var tools: [ToolOffer] = []
  package var toolUse = ToolUse.free
  package var format = ReplyFormat.text
  /// Tokens of the longest answer; nil is as long as it gets.
  package var longest: Int?
  /// The provider may look at pages of its own search and name them.
  package var groundsInSearch = false
  /// Texts at which an answer ends.
  package var stops: [String] = []
  /// What is to be written down, where a recording is given.
  package var speech: Speech?

  package init(model: String) {
    self.model = model
  }
}

/// Where somebody speaks in a recording.
package struct Speech: Sendable, Equatable {
  /// Seconds from the beginning.
  package var parts: [Range<Double>]
  /// Seconds of the whole recording.
  package var length: Double
}

/// One side's words.
package enum ModelTurn: Sendable, Equatable {
  case user(String)
  case assistant(String, calls: [ToolWish])
  /// What a tool answered.
  case result(call: String, name: String, content: String)
}

/// A tool that may be used.
package struct ToolOffer: Sendable, Equatable {
  package var name: String
  package var description: String
  /// JSON Schema of the arguments.
  package var parameters: JSONValue

  package init(name: String, description: String, parameters: JSONValue) {
    self.name = name
    self.description = description
    self.parameters = parameters
  }
}

/// A tool call as the model wishes it.
package struct ToolWish: Sendable, Equatable {
  package var id: String
  package var name: String
  package var arguments: JSONValue

  package init(id: String = "", name: String, arguments: JSONValue) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

package enum ToolUse: Sendable, Equatable {
  case free
  case never
  /// Some tool has to be called.
  case some
  case named(String)
}

package enum ReplyFormat: Sendable, Equatable {
  case text
  /// Any JSON object.
  case object
  case schema(JSONValue)
}

/// What a model answers: words, tool calls, or both.
package struct ModelReply: Sendable, Equatable {
  package enum Finish: Sendable, Equatable {
    case stop
    case length
    case toolCalls
    /// What was to be said is held back.
    case filter
    /// One of the task's stop texts came up.
    case stopText(String)
  }

  package var text = ""
  package var calls: [ToolWish] = []
  package var finish = Finish.stop

  package init(text: String = "", calls: [ToolWish] = [], finish: Finish = .stop) {
    self.text = text
    self.calls = calls
    self.finish = finish
  }
}

extension ModelReply {
  /// The reply within the task's limits: cut at the first stop text and at the longest length.
  func limited(to task: ModelTask) -> ModelReply {
    var reply = self
    let stops = task.stops.compactMap { stop in
      stop.isEmpty ? nil : text.firstRange(of: stop).map { (stop, $0.lowerBound) }
    }
    if let (stop, end) = stops.min(by: { $0.1 < $1.1 }) {
      reply.text = String(text[..<end])
      reply.finish = .stopText(stop)
    }
    if let longest = task.longest, let cut = Tokens.cut(reply.text, to: longest) {
      reply.text = cut
      reply.finish = .length
    }
    return reply
  }
}

/// Counts tokens the way the stand-ins do: an estimate, the same each time.
enum Tokens {
  /// Four letters of a word make a token; a Japanese character makes one of its own.
  static func count(_ text: String) -> Int {
    var count = 0
    var letters = 0
    for scalar in text.unicodeScalars {
      if Writing.of(scalar) == .japanese {
        count += 1
      } else if scalar.properties.isWhitespace {
        letters = 0
      } else {
        if letters % 4 == 0 { count += 1 }
        letters += 1
      }
    }
    return count
  }

  static func count(_ task: ModelTask) -> Int {
    var count = count(task.instructions)
    for message in task.messages {
      switch message {
      case .user(let text): count += Tokens.count(text)
      case .assistant(let text, let calls):
        count += Tokens.count(text)
        count += calls.reduce(0) { $0 + Tokens.count($1.arguments.description) + 1 }
      case .result(_, _, let content): count += Tokens.count(content)
      }
    }
    return count + task.tools.reduce(0) { $0 + Tokens.count($1.parameters.description) }
  }

  static func count(_ reply: ModelReply) -> Int {
    count(reply.text) + reply.calls.reduce(0) { $0 + count($1.arguments.description) + 1 }
  }

  /// The beginning of a text with this many tokens; nil when the text has no more.
  static func cut(_ text: String, to longest: Int) -> String? {
    guard count(text) > longest else { return nil }
    var kept = ""
    var left = longest
    for piece in Pieces(text, words: 1) {
      left -= count(piece)
      guard left >= 0 else { break }
      kept += piece
    }
    return kept
  }
}
