/// What happens during a turn, in order: `started`, then chunks and tool steps, then exactly one of
/// `completed` and `failed`.
package enum TurnEvent: Sendable, Equatable {
  case started(conversation: ConversationID, message: String)
  /// The next piece of the answer; indexes count from 0 without a gap.
  case chunk(index: Int, text: String)
  case tool(ToolStep)
  case completed(Completion)
  case failed(AgentError)
}

/// Why a turn ends before its time.
package enum TurnInterruption: Sendable, Equatable {
  /// The person wants it to.
  case stopped
  /// Nobody listens any more.
  case gone
}

/// A tool at work, as people are shown it.
package struct ToolStep: Sendable, Equatable {
  package enum Status: String, Sendable {
    case running
    case done
    case failed
    /// For the person's yes.
    case waiting
  }

  /// Bytes of arguments that are shown.
  static let longestArguments = 400

  /// Counts the calls of a turn from 0.
  package var number: Int
  package var name: String
  /// The arguments as compact JSON, shortened.
  package var arguments: String
  package var status: Status

  package init(number: Int, name: String, arguments: String, status: Status) {
    self.number = number
    self.name = name
    self.arguments = arguments
    self.status = status
  }
}

extension [ToolStep] {
  /// Events that have told of these steps: one when a step begins, one when it ends.
  package var events: Int { reduce(0) { $0 + ($1.status == .running ? 1 : 2) } }
}

/// The end of a turn that has an answer.
package struct Completion: Sendable, Equatable {
  /// How an answer came to its end.
  package enum Finish: String, Sendable {
    case complete
    /// Cut at the longest length allowed.
    case length
    /// The person asked to stop.
    case stopped
    /// The provider's own filter ended it.
    case filtered
  }

  package var conversation: ConversationID
  package var message: String
  package var finish: Finish
  package var sources: [Source]
  package var usage: Usage
  /// Who answered.
  package var model: String
  /// The version of the assistant; nil is the standard one.
  package var variant: String?
  /// The specialist who answered: `japanese.kanji`; nil is the assistant as a whole.
  package var agent: String?
  /// How the session stands, where the turn has changed it.
  package var session: Session.Status?
  /// What the person is asked to confirm.
  package var confirmation: ConfirmationRequest?
  /// The answer was made for somebody else before.
  package var isCached = false

  package init(
    conversation: ConversationID, message: String, finish: Finish, sources: [Source], usage: Usage,
    model: String, variant: String? = nil
  ) {
    self.conversation = conversation
    self.message = message
    self.finish = finish
    self.sources = sources
    self.usage = usage
    self.model = model
    self.variant = variant
  }
}

extension Turn {
  /// The last event of the turn, as whoever asked was or would have been told; nil when it was broken
  /// off.
  package var completion: Completion? {
    guard let finish = Completion.Finish(rawValue: status.rawValue) else { return nil }
    var completion = Completion(
      conversation: conversation, message: message, finish: finish, sources: sources, usage: usage,
      model: model, variant: variant)
    completion.agent = AgentName.text(specialist, of: assistant)
    completion.session = session
    completion.confirmation = confirmation
    completion.isCached = isCached
    return completion
  }
}

/// Something the answer rests on.
package struct Source: Sendable, Equatable {
  /// Where it comes from: `japanese/word/食べる`.
  package var source: String
  package var title: String
  package var type: String

  /// A title is shortened to 512 bytes.
  package init(source: String, title: String, type: String) {
    self.source = source
    self.title = title.prefix(utf8: 512)
    self.type = type
  }

  init(_ passage: Passage) {
    self.init(source: passage.source, title: passage.title, type: passage.type)
  }
}

/// Tokens, as the provider counts them.
package struct Usage: Sendable, Equatable {
  package var input: Int
  package var output: Int
  /// The part of `input` that the provider had in its cache.
  package var cachedInput: Int
  /// The parts of `input` and `output` that were speech.
  package var audioInput: Int
  package var audioOutput: Int

  package init(
    input: Int = 0, output: Int = 0, cachedInput: Int = 0, audioInput: Int = 0,
    audioOutput: Int = 0
  ) {
    self.input = input
    self.output = output
    self.cachedInput = cachedInput
    self.audioInput = audioInput
    self.audioOutput = audioOutput
  }

  package static func + (a: Usage, b: Usage) -> Usage {
    Usage(
      input: a.input + b.input, output: a.output + b.output,
      cachedInput: a.cachedInput + b.cachedInput, audioInput: a.audioInput + b.audioInput,
      audioOutput: a.audioOutput + b.audioOutput)
  }
}
