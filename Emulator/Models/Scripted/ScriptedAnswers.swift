import JSON
import Synchronization

/// Written answers for tests: which messages they are for, what is said, how fast, what goes wrong.
///
/// ```json
/// {"answers": [{"contains": "refund", "chunks": ["One ", "moment."], "delay": 20, "pace": 10},
///              {"pattern": "order [0-9]+", "toolCalls": [{"name": "get_order", "arguments": {"id": 7}}], "times": 1},
///              {"model": "gpt-4*", "fault": "status=429;retry-after=1"},
///              {"task": "transcription", "contains": "order.wav", "text": "Two coffees, please."}],
///  "otherwise": "local"}
/// ```
/// The first answer that fits is given. `contains` (without regard to case) and `pattern` are held against
/// the newest message, `provider` and `model` (`*` at its end stands for anything) against the request.
/// A transcription's message is the file's name with the prompt behind it. `finish` is how the answer
/// ends: `stop`, `length` or `filter`. Times are milliseconds. Without a fitting answer the local model answers, or with
/// `"otherwise": "error"` the request fails with 500.
package struct ScriptedAnswers: Sendable {
  package struct Invalid: Error, CustomStringConvertible, Equatable {
    package var description: String
  }

  struct Answer: Sendable {
    var contains: String?
    var pattern: String?
    var provider: String?
    var model: String?
    var times: Int?
    /// For recordings instead of conversations.
    var isTranscription = false
    var text = ""
    var finish: ModelReply.Finish?
    var chunks: [String]?
    var calls: [ToolWish] = []
    var delay: Duration = .zero
    var pace: Duration?
    var fault: Fault?
  }

  let answers: [Answer]
  /// False when a message without a fitting answer is an error.
  let hasLocalModel: Bool

  package init(_ bytes: [UInt8]) throws(Invalid) {
    let root: JSONValue
    do { root = try JSONValue(parsing: bytes) } catch {
      throw Invalid(description: error.description)
    }
    guard let object = root.object, let list = root["answers"]?.array else {
      throw Invalid(description: "a script is an object with \"answers\"")
    }
    for key in object.keys where !["answers", "otherwise"].contains(key) {
      throw Invalid(description: "unknown: \(key)")
    }
    switch root["otherwise"]?.string ?? "local" {
    case "local": hasLocalModel = true
    case "error": hasLocalModel = false
    default: throw Invalid(description: "otherwise is \"local\" or \"error\"")
    }
    var answers: [Answer] = []
    for (place, value) in list.enumerated() {
      do { answers.append(try Self.answer(value)) } catch {
        throw Invalid(description: "answers[\(place)]: \(error)")
      }
    }
    self.answers = answers
  }

  private static func answer(_ value: JSONValue) throws(Invalid) -> Answer {
    guard let members = value.object else { throw Invalid(description: "an answer is an object") }
    var answer = Answer()
    for (key, value) in members { try set(key, value, in: &answer) }
    if let chunks = answer.chunks { answer.text = chunks.joined() }
    guard
      !answer.text.isEmpty || !answer.calls.isEmpty || answer.fault != nil || answer.finish != nil
    else {
      throw Invalid(
        description: "it says nothing: text, chunks, toolCalls, finish or fault is missing")
    }
    return answer
  }

  private static func set(
    _ key: String, _ value: JSONValue, in answer: inout Answer
  ) throws(Invalid) {
    switch (key, value.string, value.int) {
    case ("contains", let text?, _): answer.contains = text.lowercased()
    case ("pattern", let text?, _):
      guard (try? Regex(text)) != nil else {
        throw Invalid(description: "pattern is no regular expression")
      }
      answer.pattern = text
    case ("provider", let text?, _): answer.provider = text
    case ("model", let text?, _): answer.model = text
    case ("times", _, let times?) where times > 0: answer.times = times
    case ("text", let text?, _): answer.text = text
    case ("chunks", _, _):
      guard let parts = value.array, parts.allSatisfy({ $0.string != nil }) else {
        throw wrong(key)
      }
      answer.chunks = parts.compactMap(\.string)
    case ("delay", _, let delay?) where (0...600_000).contains(delay):
      answer.delay = .milliseconds(delay)
    case ("pace", _, let pace?) where (0...600_000).contains(pace):
      answer.pace = .milliseconds(pace)
    case ("task", "chat"?, _): answer.isTranscription = false
    case ("task", "transcription"?, _): answer.isTranscription = true
    case ("finish", "stop"?, _): answer.finish = .stop
    case ("finish", "length"?, _): answer.finish = .length
    case ("finish", "filter"?, _): answer.finish = .filter
    case ("toolCalls", _, _): answer.calls = try calls(value)
    case ("fault", let text?, _):
      do { answer.fault = try Fault(text) } catch { throw Invalid(description: error.message) }
    default: throw wrong(key)
    }
  }

  private static func calls(_ value: JSONValue) throws(Invalid) -> [ToolWish] {
    var calls: [ToolWish] = []
    for call in value.array ?? [] {
      guard let name = call["name"]?.string else { throw wrong("toolCalls") }
      calls.append(ToolWish(name: name, arguments: call["arguments"] ?? [:]))
    }
    guard !calls.isEmpty else { throw wrong("toolCalls") }
    return calls
  }

  private static func wrong(_ key: String) -> Invalid {
    Invalid(description: "\(key) is unknown or has a wrong value")
  }
}

/// A script at work: remembers which answers are used up.
final class Prompter: Sendable {
  private let script: ScriptedAnswers
  private let used: Mutex<[Int: Int]>

  init(_ script: ScriptedAnswers) {
    self.script = script
    used = Mutex([:])
  }

  /// The written answer for a task; nil hands it to the local model.
  func performance(
    for task: ModelTask, provider: String, pace: Duration
  ) throws(Problem) -> Performance? {
    let text = Self.newest(task)
    for (place, answer) in script.answers.enumerated() where Self.fits(answer, text, task, provider)
    {
      guard take(place, answer.times) else { continue }
      let reply = ModelReply(
        text: answer.text, calls: answer.calls,
        finish: answer.finish ?? (answer.calls.isEmpty ? .stop : .toolCalls))
      return Performance(
        reply, pieces: answer.chunks, delay: answer.delay, pace: answer.pace ?? pace,
        fault: answer.fault)
    }
    guard script.hasLocalModel else {
      throw Problem(.status(500), "The script has no answer for this message.")
    }
    return nil
  }

  private func take(_ place: Int, _ times: Int?) -> Bool {
    guard let times else { return true }
    return used.withLock { used in
      guard used[place, default: 0] < times else { return false }
      used[place, default: 0] += 1
      return true
    }
  }

  /// What was said last, by a person or a tool.
  private static func newest(_ task: ModelTask) -> String {
    switch task.messages.last {
    case .user(let text), .assistant(let text, _), .result(_, _, let text): text
    case nil: ""
    }
  }

  private static func fits(
    _ answer: ScriptedAnswers.Answer, _ text: String, _ task: ModelTask, _ provider: String
  ) -> Bool {
    guard answer.isTranscription == (task.speech != nil) else { return false }
    if let wanted = answer.provider, wanted != provider { return false }
    if let model = answer.model {
      let isPrefix = model.hasSuffix("*")
      guard isPrefix ? task.model.hasPrefix(model.dropLast()) : task.model == model else {
        return false
      }
    }
    if let part = answer.contains, !text.lowercased().contains(part) { return false }
    if let pattern = answer.pattern {
      guard let expression = try? Regex(pattern), text.contains(expression) else { return false }
    }
    return true
  }
}
