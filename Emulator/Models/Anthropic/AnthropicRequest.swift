import JSON

/// The body of `POST /v1/messages`, checked.
///
/// Shape: Anthropic API reference, "Messages". Bedrock carries the same body without `model` and `stream`.
struct AnthropicRequest {
  var task: ModelTask
  var isStream = false

  private static let known: Set<String> = [
    "model", "max_tokens", "messages", "system", "stream", "tools", "tool_choice", "stop_sequences",
    "temperature", "top_p", "top_k", "metadata", "thinking", "output_config", "service_tier",
    "anthropic_version", "cache_control",
  ]

  /// Counting needs no `max_tokens`. `model` is the one of a path, where the body names none.
  init(_ body: JSONValue, countsOnly: Bool = false, model: String? = nil) throws(Problem) {
    try ProviderRequest.refuseOthers(than: Self.known, in: body)
    guard let name = model ?? body["model"]?.string, !name.isEmpty else {
      throw Problem(.invalid, "model: Field required")
    }
    guard !name.contains("no-such-model") else { throw Problem(.unknownModel, "model: \(name)") }
    task = ModelTask(model: name)
    task.longest = body["max_tokens"]?.int
    guard countsOnly || (task.longest ?? 0) > 0 else {
      throw Problem(.invalid, "max_tokens: Field required, at least 1")
    }
    isStream = body["stream"]?.bool ?? false
    try Self.checkChance(body)
    task.stops = (body["stop_sequences"]?.array ?? []).compactMap(\.string)
    task.instructions = try Self.system(body["system"])
    try Self.read(body["messages"], into: &task)
    try readTools(body)
    if let format = body["output_config"]?["format"], !format.isNull {
      guard format["type"]?.string == "json_schema", let schema = format["schema"] else {
        throw Problem(.invalid, "output_config.format: only json_schema is supported")
      }
      task.format = .schema(schema)
    }
  }

  private static func checkChance(_ body: JSONValue) throws(Problem) {
    for (name, high) in [("temperature", 1.0), ("top_p", 1)] {
      guard let value = body[name], !value.isNull else { continue }
      guard let number = value.double, (0...high).contains(number) else {
        throw Problem(.invalid, "\(name): range: 0..1")
      }
    }
    if let thinking = body["thinking"]?["type"]?.string, thinking != "disabled" {
      throw Problem(.invalid, "thinking: this stand-in does not think aloud")
    }
  }

  private static func system(_ value: JSONValue?) throws(Problem) -> String {
    guard let value, !value.isNull else { return "" }
    if let text = value.string { return text }
    var texts: [String] = []
    for block in value.array ?? [] {
      guard block["type"]?.string == "text", let text = block["text"]?.string else {
        throw Problem(.invalid, "system: expected text blocks")
      }
      texts.append(text)
    }
    return texts.joined(separator: "\n\n")
  }

  // MARK: Messages

  private static func read(_ value: JSONValue?, into task: inout ModelTask) throws(Problem) {
    guard let messages = value?.array, !messages.isEmpty else {
      throw Problem(.invalid, "messages: at least one message is required")
    }
    var open: [ToolWish] = []
    for (place, message) in messages.enumerated() {
      let path = "messages.\(place)"
      let blocks = try blocks(message["content"], path)
      switch message["role"]?.string {
      case "user": try readUser(blocks, path, &open, into: &task)
      case "assistant":
        guard open.isEmpty else { throw orphaned(open, path) }
        open = try readAssistant(blocks, path, into: &task)
      case "system": task.instructions += "\n\n" + (try text(of: blocks, path))
      default: throw Problem(.invalid, "\(path).role: Input should be 'user' or 'assistant'")
      }
    }
    guard open.isEmpty else { throw orphaned(open, "messages.\(messages.count - 1)") }
  }

  private static func orphaned(_ open: [ToolWish], _ path: String) -> Problem {
    let ids = open.map(\.id).joined(separator: ", ")
    return Problem(
      .invalid,
      "\(path): `tool_use` ids were found without `tool_result` blocks immediately after: \(ids). "
        + "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )
  }

  private static func blocks(_ content: JSONValue?, _ path: String) throws(Problem) -> [JSONValue] {
    if let text = content?.string { return [["type": "text", "text": .string(text)]] }
    guard let blocks = content?.array else {
      throw Problem(.invalid, "\(path).content: Input should be a valid string or list")
    }
    return blocks
  }

  /// The results of the open calls come first, all of them; then text.
  private static func readUser(
    _ blocks: [JSONValue], _ path: String, _ open: inout [ToolWish], into task: inout ModelTask
  ) throws(Problem) {
    let results = blocks.prefix { $0["type"]?.string == "tool_result" }
    for result in results {
      let id = result["tool_use_id"]?.string ?? ""
      guard let call = open.firstIndex(where: { $0.id == id }) else {
        throw Problem(
          .invalid,
          "\(path).content: unexpected `tool_use_id` found in `tool_result` blocks: \(id). Each "
            + "`tool_result` block must have a corresponding `tool_use` block in the previous message."
        )
      }
      let content =
        result["content"].map { $0.isNull ? [] : (try? self.blocks($0, path)) ?? [] } ?? []
      task.messages.append(
        .result(call: id, name: open[call].name, content: try text(of: content, path)))
      open.remove(at: call)
    }
    guard open.isEmpty else { throw orphaned(open, path) }
    let rest = Array(blocks.dropFirst(results.count))
    if !rest.isEmpty { task.messages.append(.user(try text(of: rest, path))) }
  }

  private static func readAssistant(
    _ blocks: [JSONValue], _ path: String, into task: inout ModelTask
  ) throws(Problem) -> [ToolWish] {
    var calls: [ToolWish] = []
    var texts: [JSONValue] = []
    for block in blocks {
      switch block["type"]?.string {
      case "tool_use":
        guard let id = block["id"]?.string, let name = block["name"]?.string else {
          throw Problem(.invalid, "\(path).content: tool_use needs id and name")
        }
        calls.append(ToolWish(id: id, name: name, arguments: block["input"] ?? [:]))
      case "thinking", "redacted_thinking": break
      default: texts.append(block)
      }
    }
    task.messages.append(.assistant(try text(of: texts, path), calls: calls))
    return calls
  }

  private static func text(of blocks: [JSONValue], _ path: String) throws(Problem) -> String {
    var texts: [String] = []
    for block in blocks {
      guard block["type"]?.string == "text", let text = block["text"]?.string else {
        throw Problem(.invalid, "\(path).content: this stand-in reads text only")
      }
      texts.append(text)
    }
    return texts.joined(separator: "\n")
  }

  // MARK: Tools

  private mutating func readTools(_ body: JSONValue) throws(Problem) {
    for (place, tool) in (body["tools"]?.array ?? []).enumerated() {
      guard ["custom", nil].contains(tool["type"]?.string), let name = tool["name"]?.string,
        let schema = tool["input_schema"]
      else {
        throw Problem(
          .invalid, "tools.\(place): only tools with name and input_schema are supported")
      }
      task.tools.append(
        ToolOffer(name: name, description: tool["description"]?.string ?? "", parameters: schema))
    }
    guard let choice = body["tool_choice"], !choice.isNull else { return }
    guard !task.tools.isEmpty else { throw Problem(.invalid, "tool_choice: tools are required") }
    switch choice["type"]?.string {
    case "auto": task.toolUse = .free
    case "any": task.toolUse = .some
    case "none": task.toolUse = .never
    case "tool":
      let name = choice["name"]?.string ?? ""
      guard task.tools.contains(where: { $0.name == name }) else {
        throw Problem(.invalid, "tool_choice.name: tool '\(name)' is not among tools")
      }
      task.toolUse = .named(name)
    default: throw Problem(.invalid, "tool_choice.type: Input should be auto, any, tool or none")
    }
    allowsParallelCalls = choice["disable_parallel_tool_use"]?.bool != true
  }

  var allowsParallelCalls = true
}
