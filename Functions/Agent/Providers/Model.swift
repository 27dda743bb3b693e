package import JSON

/// A language model behind some provider's protocol.
///
/// `stream` hands over events as they come and returns after the last one; it has then seen the
/// provider's own end marker. It throws when there was none. It stops at once when its task is
/// cancelled. `receive` may take its time: nothing is read from the provider meanwhile.
package protocol Model: Sendable {
  /// For logs: `openai/gpt-4o-mini`.
  var name: String { get }

  func stream(
    _ request: ModelRequest, until deadline: ContinuousClock.Instant,
    _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws
}

/// Everything a model gets to see for one round.
package struct ModelRequest: Sendable, Equatable {
  package var settings: ModelSettings
  package var system: String
  package var messages: [ModelMessage]
  package var tools: [ToolDefinition]
  /// False when the tools are only there to explain earlier calls, and none may be called now.
  package var mayCallTools: Bool
  /// A stable name of the person that says nothing about them, for the provider's abuse checks.
  package var user: String?

  package init(
    settings: ModelSettings, system: String, messages: [ModelMessage],
    tools: [ToolDefinition] = [], mayCallTools: Bool = true, user: String? = nil
  ) {
    self.settings = settings
    self.system = system
    self.messages = messages
    self.tools = tools
    self.mayCallTools = mayCallTools
    self.user = user
  }
}

/// One side's words. The role is the case: text of a person or of a tool never becomes anything else.
package enum ModelMessage: Sendable, Equatable {
  case user(String)
  case assistant(String, calls: [ToolCall] = [])
  /// Every call of the assistant message before is answered by one of these.
  case toolResult(call: ToolCall, content: String, isError: Bool)
}

/// A model's wish to use a tool.
package struct ToolCall: Sendable, Equatable {
  package var id: String
  package var name: String
  /// JSON text as the model wrote it: not checked, maybe not JSON.
  package var arguments: String
  /// What the provider wants to get back unchanged with the call (Gemini's thought signature).
  package var signature: String?

  package init(id: String, name: String, arguments: String, signature: String? = nil) {
    self.id = id
    self.name = name
    self.arguments = arguments
    self.signature = signature
  }
}

/// A tool as a model is told about it.
package struct ToolDefinition: Sendable, Equatable {
  package var name: String
  package var description: String
  /// JSON Schema of the arguments; its root is an object.
  package var parameters: JSONValue

  package init(name: String, description: String, parameters: JSONValue) {
    self.name = name
    self.description = description
    self.parameters = parameters
  }
}

package enum ModelEvent: Sendable, Equatable {
  /// Who answers, when that is not always the same model: `anthropic/claude-haiku-4-5`.
  case model(String)
  case text(String)
  /// Complete: all parts of the arguments have arrived.
  case toolCall(ToolCall)
  /// Something outside that the provider itself has looked at: a page of a search.
  case source(Source)
  /// Replaces any usage reported before in the same stream.
  case usage(Usage)
  /// Always the last event.
  case finish(FinishReason)
}

package enum FinishReason: Sendable, Equatable {
  case stop
  /// The longest answer allowed was reached.
  case length
  case toolCalls
  case contentFilter
}

/// Why a model gave no (whole) answer.
package enum ModelError: Error, Sendable, Equatable {
  /// 429: too many requests at the moment.
  case throttled(retryAfter: Duration?)
  /// 429 with a quota, credit or spending code: no retry helps.
  case exhausted(code: String)
  /// 408, 409, 5xx: another try may help.
  case unavailable(status: Int, message: String)
  /// Any other status: the request, the key or the model name is wrong.
  case rejected(status: Int, code: String?, message: String)
  /// No connection, or it broke before the first byte.
  case unreachable(String)
  /// The connection broke, or the provider reported an error, in the middle of the stream.
  case interrupted(String)
  /// The stream ended without its finish marker.
  case incomplete
  /// An event that cannot be decoded.
  case malformed(String)
  /// The provider says itself that the model's tool call is broken; nobody sees the call.
  case brokenCall
  /// Nothing came for this long.
  case silent(Duration)
  case deadlineExceeded
}
