package import JSON

/// Something a model may use: a name, a description, a schema, and what happens.
///
/// The model's part are the arguments alone. Who is asking comes from the server with each call.
package struct Tool: Sendable {
  package var definition: ToolDefinition
  package var isReadOnly: Bool
  /// Who may have it called for them; nil is everybody.
  package var roles: Set<Caller.Role>?
  /// Its results depend on the arguments and on shared knowledge alone, and may be kept.
  package var isRemembered: Bool
  let schema: ArgumentSchema
  let consent: ToolConsent
  var run: @Sendable (ToolInvocation) async throws -> ToolResult

  /// A tool that writes needs the person's yes before each call, unless `consent` says otherwise.
  ///
  /// Traps when `parameters` uses a keyword that is not checked: a broken promise of our own.
  package init(
    name: String, description: String, parameters: JSONValue, isReadOnly: Bool = true,
    roles: Set<Caller.Role>? = nil, consent: ToolConsent? = nil, isRemembered: Bool = false,
    run: @escaping @Sendable (ToolInvocation) async throws -> ToolResult
  ) {
    definition = ToolDefinition(name: name, description: description, parameters: parameters)
    do {
      schema = try ArgumentSchema(parameters)
    } catch {
      preconditionFailure("tool \(name): \(error)")
    }
    self.isReadOnly = isReadOnly
    self.roles = roles
    self.consent = consent ?? (isReadOnly ? .notNeeded : ToolConsent())
    self.isRemembered = isRemembered
    self.run = run
  }

  /// The same with arguments declared once: their schema is made from them, and `run` reads them by
  /// the same declarations.
  package init(
    name: String, description: String, arguments: [any ToolArgument], isReadOnly: Bool = true,
    roles: Set<Caller.Role>? = nil, consent: ToolConsent? = nil, isRemembered: Bool = false,
    run: @escaping @Sendable (ToolInvocation) async throws -> ToolResult
  ) {
    self.init(
      name: name, description: description, parameters: arguments.schema, isReadOnly: isReadOnly,
      roles: roles, consent: consent, isRemembered: isRemembered, run: run)
  }
}

/// Whether a writing call needs the person's yes, and how it is told to them.
package struct ToolConsent: Sendable {
  /// By the arguments, which have been checked.
  let isNeeded: @Sendable (JSONValue) -> Bool
  /// What will happen, in a person's words; nil: the tool's name with its arguments.
  let summary: (@Sendable (JSONValue, FixedLanguage) -> String)?

  /// For what only reads, and for what a person can undo without harm.
  package static let notNeeded = ToolConsent(isNeeded: { _ in false })

  package init(
    isNeeded: @escaping @Sendable (JSONValue) -> Bool = { _ in true },
    summary: (@Sendable (JSONValue, FixedLanguage) -> String)? = nil
  ) {
    self.isNeeded = isNeeded
    self.summary = summary
  }
}

/// One call of a tool, its arguments checked against the schema.
package struct ToolInvocation: Sendable {
  package var arguments: JSONValue
  package var caller: Caller
  /// The same for the same call of the same turn, however often it is delivered.
  package var idempotencyKey: String

  package init(arguments: JSONValue, caller: Caller, idempotencyKey: String) {
    self.arguments = arguments
    self.caller = caller
    self.idempotencyKey = idempotencyKey
  }
}

/// What a tool found: the content for the model, and what of it can be named as a source.
package struct ToolResult: Sendable, Equatable {
  package var content: JSONValue
  package var sources: [Source]
  /// Tokens of a model that the tool itself has asked.
  package var usage = Usage()

  package init(_ content: JSONValue, sources: [Source] = []) {
    self.content = content
    self.sources = sources
  }
}

/// A failure that the model is told about, so that it can do better or say so.
package struct ToolError: Error, Sendable, Equatable {
  package enum Code: String, Sendable {
    case unknownTool = "unknown_tool"
    case notAllowed = "not_allowed"
    case invalidArguments = "invalid_arguments"
    case notFound = "not_found"
    case tooManyCalls = "too_many_calls"
    case timedOut = "timed_out"
    case failed
  }

  package var code: Code
  package var message: String
  /// Where in the arguments: `limit`, `words[2].text`.
  package var path: String?

  package init(_ code: Code, _ message: String, path: String? = nil) {
    self.code = code
    self.message = message
    self.path = path
  }

  /// `{"error": {"code", "message", "path"?}}`
  package var content: JSONValue {
    var error: JSONValue = ["code": .string(code.rawValue), "message": .string(message)]
    if let path { error["path"] = .string(path) }
    return ["error": error]
  }
}
