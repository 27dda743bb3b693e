import JSON

/// What a stack answered to a question, and how fast.
package struct Answer: Sendable, Equatable {
  package var text = ""
  /// Names in the order of the calls.
  package var tools: [String] = []
  /// In the order in which the answer names them.
  package var sources: [String] = []
  /// The sources of what is found for the question, the best one first; nil when nobody saw.
  package var retrieved: [String]?
  /// Of the whole conversation.
  package var tokens = Tokens()
  /// Who answered, by the provider's name.
  package var model: String?
  /// The version of the assistant that answered.
  package var variant = Answer.standard
  /// `complete`, `length`, …; nil when the answer has no proper end.
  package var finish: String?
  /// Why there is no whole answer.
  package var failure: String?
  /// From sending the question to the first piece of text.
  package var firstChunk: Duration?
  /// From sending the question to the last frame.
  package var total = Duration.zero

  package static let standard = "standard"

  package init() {}

  package var isComplete: Bool { finish == "complete" && failure == nil }

  package struct Tokens: Sendable, Equatable {
    package var input = 0
    package var output = 0
    /// The part of `input` that the provider had in its cache.
    package var cached = 0

    static func + (a: Tokens, b: Tokens) -> Tokens {
      Tokens(input: a.input + b.input, output: a.output + b.output, cached: a.cached + b.cached)
    }
  }
}

/// Puts an answer together from the frames of a chat connection.
struct AnswerReader {
  enum Step: Equatable {
    case goesOn
    case ended
    /// Refused for now; asking again may help.
    case tryAgain(after: Duration)
  }

  /// Bytes of an answer.
  static let longestAnswer = 1 << 20
  /// What the server calls problems that pass.
  private static let passing: Set = ["too_many_requests"]

  private(set) var answer = Answer()
  /// Where the server keeps it; the next message goes on there.
  private(set) var conversation: String?
  private let id: String
  private var nextChunk = 0
  private var calls: Set<Int> = []

  /// `id` is the client's name for its message.
  init(id: String) { self.id = id }

  /// `elapsed` is the time since the question was sent.
  mutating func take(_ frame: String, at elapsed: Duration) -> Step {
    answer.total = elapsed
    guard let value = try? JSONValue(parsing: frame), value.object != nil else {
      return fail("a frame that is no JSON object")
    }
    guard value["id"]?.string == id else {
      // What API Gateway itself says: {"message": "Internal server error", "connectionId": …}.
      guard value["connectionId"] != nil, let message = value["message"]?.string else {
        return .goesOn
      }
      return fail(message)
    }
    switch value["type"]?.string {
    case "start":
      conversation = value["conversationId"]?.string
      return .goesOn
    case "chunk": return take(chunk: value, elapsed)
    case "tool":
      guard let call = value["callId"]?.int, let name = value["name"]?.string else {
        return fail("a tool frame without a name")
      }
      if calls.insert(call).inserted { answer.tools.append(name) }
      return .goesOn
    case "complete": return take(complete: value)
    case "error": return take(error: value)
    default: return .goesOn
    }
  }

  private mutating func take(chunk: JSONValue, _ elapsed: Duration) -> Step {
    guard chunk["index"]?.int == nextChunk, let text = chunk["content"]?.string else {
      return fail("chunk \(nextChunk) is missing")
    }
    nextChunk += 1
    if answer.firstChunk == nil { answer.firstChunk = elapsed }
    answer.text += text
    guard answer.text.utf8.count <= Self.longestAnswer else {
      return fail("the answer is longer than \(Self.longestAnswer) bytes")
    }
    return .goesOn
  }

  private mutating func take(complete frame: JSONValue) -> Step {
    answer.finish = frame["finishReason"]?.string ?? "complete"
    answer.sources = (frame["sources"]?.array ?? []).compactMap { $0["source"]?.string }
    answer.tokens = Answer.Tokens(frame["usage"])
    answer.model = frame["model"]?.string
    answer.variant = frame["variant"]?.string ?? Answer.standard
    return .ended
  }

  private mutating func take(error frame: JSONValue) -> Step {
    let code = frame["code"]?.string ?? "error"
    _ = fail("\(code): \(frame["message"]?.string ?? "")")
    guard Self.passing.contains(code) else { return .ended }
    let seconds = min(60, max(1, frame["retryAfter"]?.int ?? 2))
    return .tryAgain(after: .seconds(seconds))
  }

  private mutating func fail(_ reason: String) -> Step {
    answer.failure = reason
    return .ended
  }
}
