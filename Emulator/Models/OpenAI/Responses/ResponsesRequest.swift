import JSON

/// The body of `POST /responses`, checked.
///
/// Shape: OpenAI API reference, "Create a model response". What would change the answer and cannot be
/// done here is refused.
struct ResponsesRequest {
  private static let known: Set<String> = [
    "model", "input", "instructions", "stream", "stream_options", "tools", "tool_choice",
    "parallel_tool_calls", "previous_response_id", "store", "max_output_tokens", "text",
    "reasoning", "temperature", "top_p", "metadata", "user", "safety_identifier", "include",
    "prompt_cache_key", "prompt_cache_retention", "service_tier", "truncation", "max_tool_calls",
    "top_logprobs",
  ]

  var task: ModelTask
  let body: JSONValue
  let isStream: Bool
  let allowsParallelCalls: Bool
  /// What was asked, as a list of items.
  let input: [JSONValue]
  let previous: String?
  let isStored: Bool

  /// `history` gives the items of an earlier response by its id.
  init(
    _ body: JSONValue, history: (String) throws(Problem) -> [JSONValue]
  ) throws(Problem) {
    try ProviderRequest.refuseOthers(than: Self.known, in: body)
    guard let model = body["model"]?.string, !model.isEmpty else {
      throw Problem(.invalid, "Missing required parameter: 'model'.", parameter: "model")
    }
    try ProviderRequest.checkModel(model)
    self.body = body
    task = ModelTask(model: model)
    isStream = try OpenAIChatRequest.flag("stream", body) ?? false
    allowsParallelCalls = try OpenAIChatRequest.flag("parallel_tool_calls", body) ?? true
    isStored = try OpenAIChatRequest.flag("store", body) ?? true
    task.longest = try OpenAIChatRequest.number("max_output_tokens", in: 16...1_000_000, body)
    try OpenAIChatRequest.checkChance(body)
    input = try Self.items(body["input"])
    previous = body["previous_response_id"]?.string
    let before = try previous.map(history) ?? []
    var reader = ResponsesItems()
    for item in before { try reader.read(item, at: "previous_response_id") }
    for (place, item) in input.enumerated() { try reader.read(item, at: "input[\(place)]") }
    task.messages = try reader.finished()
    let given = body["instructions"]?.string.map { [$0] } ?? []
    task.instructions = (given + reader.instructions).joined(separator: "\n\n")
    try readTools()
    task.format = try Self.format(body["text"]?["format"])
  }

  /// A text is one message of the user.
  private static func items(_ value: JSONValue?) throws(Problem) -> [JSONValue] {
    if let text = value?.string {
      return [
        [
          "type": "message", "role": "user",
          "content": [["type": "input_text", "text": .string(text)]],
        ]
      ]
    }
    guard let items = value?.array, !items.isEmpty else {
      throw Problem(.invalid, "Missing required parameter: 'input'.", parameter: "input")
    }
    return items
  }

  // MARK: Tools and format

  private mutating func readTools() throws(Problem) {
    for (place, tool) in (body["tools"]?.array ?? []).enumerated() {
      guard tool["type"]?.string == "function" else {
        throw Problem(
          .invalid,
          "This stand-in has functions only, not '\(tool["type"]?.string ?? "")'.",
          parameter: "tools[\(place)].type")
      }
      guard let name = tool["name"]?.string, OpenAIChatRequest.isName(name) else {
        throw Problem(
          .invalid, "Missing required parameter: 'tools[\(place)].name'.",
          parameter: "tools[\(place)].name")
      }
      let parameters = tool["parameters"].flatMap { $0.isNull ? nil : $0 }
      task.tools.append(
        ToolOffer(
          name: name, description: tool["description"]?.string ?? "",
          parameters: parameters ?? ["type": "object", "properties": [:]]))
    }
    guard let choice = body["tool_choice"], !choice.isNull else { return }
    // Here a function is named beside its type, not in an object below it.
    let name = choice["name"]
    try task.choose(name.map { ["type": "function", "function": ["name": $0]] } ?? choice)
  }

  private static func format(_ format: JSONValue?) throws(Problem) -> ReplyFormat {
    guard let format, !format.isNull else { return .text }
    switch format["type"]?.string {
    case "text": return .text
    case "json_object": return .object
    case "json_schema":
      guard let schema = format["schema"], schema.object != nil, format["name"]?.string != nil
      else {
        throw Problem(
          .invalid, "Missing required parameter: 'text.format.name'.",
          parameter: "text.format.name")
      }
      return .schema(schema)
    default:
      throw Problem(
        .invalid, "Invalid value for 'text.format.type'.", parameter: "text.format.type")
    }
  }
}

/// Reads the items of a response's input one after the other.
private struct ResponsesItems {
  private(set) var instructions: [String] = []
  private var messages: [ModelTurn] = []
  /// Calls whose outputs have not come yet.
  private var open: [ToolWish] = []

  mutating func read(_ item: JSONValue, at path: String) throws(Problem) {
    switch item["type"]?.string ?? "message" {
    case "message": try readMessage(item, path)
    case "function_call": try readCall(item, path)
    case "function_call_output": try readOutput(item, path)
    case "reasoning": break
    case let type:
      throw Problem(.invalid, "This stand-in has no items of type '\(type)'.", parameter: path)
    }
  }

  func finished() throws(Problem) -> [ModelTurn] {
    guard let missing = open.first else { return messages }
    throw Problem(
      .invalid, "No tool output found for function call \(missing.id).", parameter: "input")
  }

  private mutating func readMessage(_ item: JSONValue, _ path: String) throws(Problem) {
    let text = try text(item["content"], path + ".content")
    switch item["role"]?.string {
    case "system", "developer": instructions.append(text)
    case "user": messages.append(.user(text))
    case "assistant": messages.append(.assistant(text, calls: []))
    case let role:
      throw Problem(
        .invalid,
        "Invalid value: '\(role ?? "")'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
        parameter: path + ".role")
    }
  }

  private mutating func readCall(_ item: JSONValue, _ path: String) throws(Problem) {
    guard let id = item["call_id"]?.string, let name = item["name"]?.string,
      let arguments = item["arguments"]?.string
    else {
      throw Problem(
        .invalid, "Missing required parameter: '\(path).call_id'.", parameter: path + ".call_id")
    }
    let call = ToolWish(
      id: id, name: name, arguments: (try? JSONValue(parsing: arguments)) ?? .string(arguments))
    open.append(call)
    // Calls stand behind the words of the same answer.
    if case .assistant(let words, let calls)? = messages.last {
      messages[messages.count - 1] = .assistant(words, calls: calls + [call])
    } else {
      messages.append(.assistant("", calls: [call]))
    }
  }

  private mutating func readOutput(_ item: JSONValue, _ path: String) throws(Problem) {
    let id = item["call_id"]?.string ?? ""
    guard let place = open.firstIndex(where: { $0.id == id }) else {
      throw Problem(
        .invalid, "No tool call found for function call output with call_id \(id).",
        parameter: "input")
    }
    let content = try text(item["output"], path + ".output")
    messages.append(.result(call: id, name: open[place].name, content: content))
    open.remove(at: place)
  }

  /// A string, or parts with text. Pictures, files and sound are refused, not skipped.
  private func text(_ content: JSONValue?, _ path: String) throws(Problem) -> String {
    if let text = content?.string { return text }
    guard let parts = content?.array else {
      throw OpenAIChatRequest.wrongType(path, "a string or an array of objects")
    }
    var texts: [String] = []
    for (place, part) in parts.enumerated() {
      switch (part["type"]?.string, part["text"]?.string, part["refusal"]?.string) {
      case ("input_text", let text?, _), ("output_text", let text?, _), ("text", let text?, _),
        ("refusal", _, let text?):
        texts.append(text)
      default:
        throw Problem(.invalid, "This stand-in reads text only.", parameter: "\(path)[\(place)]")
      }
    }
    return texts.joined(separator: "\n")
  }
}
