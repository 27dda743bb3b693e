import JSON

/// The body of `POST /chat/completions`, checked.
///
/// Shape: OpenAI API reference, "Create chat completion". What would change the answer and cannot be done
/// here is refused; what only steers chance (temperature, seed, …) is accepted, since nothing here is chance.
struct OpenAIChatRequest {
  var task: ModelTask
  var isStream: Bool
  var includesUsage: Bool
  /// How many answers: all the same.
  var count: Int

  private static let known: Set<String> = [
    "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls",
    "response_format",
    "max_tokens", "max_completion_tokens", "stop", "n", "temperature", "top_p", "seed",
    "presence_penalty",
    "frequency_penalty", "logit_bias", "user", "safety_identifier", "metadata", "store",
    "prompt_cache_key",
    "prompt_cache_retention", "service_tier", "reasoning_effort", "verbosity", "logprobs",
    "modalities", "prediction",
  ]

  /// False when a model may wish only one call at a time.
  var allowsParallelCalls: Bool

  init(_ body: JSONValue) throws(Problem) {
    try ProviderRequest.refuseOthers(than: Self.known, in: body)
    guard let model = body["model"]?.string, !model.isEmpty else {
      throw Problem(.invalid, "you must provide a model parameter")
    }
    try ProviderRequest.checkModel(model)
    task = ModelTask(model: model)
    isStream = try Self.flag("stream", body) ?? false
    includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
    allowsParallelCalls = try Self.flag("parallel_tool_calls", body) ?? true
    if let options = body["stream_options"], !options.isNull, !isStream {
      throw Problem(
        .invalid, "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        parameter: "stream_options")
    }
    count = try Self.number("n", in: 1...128, body) ?? 1
    let older = try Self.number("max_tokens", in: 1...1_000_000, body)
    task.longest = try Self.number("max_completion_tokens", in: 1...1_000_000, body) ?? older
    try Self.checkChance(body)
    task.stops = try Self.stops(body)
    try OpenAIMessages.read(body["messages"], into: &task)
    try readTools(body)
    task.format = try Self.format(body)
  }

  static func flag(_ name: String, _ body: JSONValue) throws(Problem) -> Bool? {
    guard let value = body[name], !value.isNull else { return nil }
    guard let flag = value.bool else { throw wrongType(name, "a boolean") }
    return flag
  }

  static func number(
    _ name: String, in range: ClosedRange<Int>, _ body: JSONValue
  ) throws(Problem) -> Int? {
    guard let value = body[name], !value.isNull else { return nil }
    guard let number = value.int else { throw wrongType(name, "an integer") }
    guard range.contains(number) else {
      throw Problem(
        .invalid,
        "Invalid '\(name)': \(number) is not between \(range.lowerBound) and \(range.upperBound).",
        parameter: name)
    }
    return number
  }

  static func wrongType(_ name: String, _ wanted: String) -> Problem {
    Problem(.invalid, "Invalid type for '\(name)': expected \(wanted).", parameter: name)
  }

  static func checkChance(_ body: JSONValue) throws(Problem) {
    let ranges = [
      "temperature": 0.0...2.0, "top_p": 0...1, "presence_penalty": -2...2,
      "frequency_penalty": -2...2,
    ]
    for (name, range) in ranges {
      guard let value = body[name], !value.isNull else { continue }
      guard let number = value.double else { throw wrongType(name, "a number") }
      guard range.contains(number) else {
        throw Problem(
          .invalid,
          "Invalid '\(name)': \(number) is not between \(range.lowerBound) and \(range.upperBound).",
          parameter: name)
      }
    }
    if try flag("logprobs", body) == true {
      throw Problem(.invalid, "This stand-in has no 'logprobs'.", parameter: "logprobs")
    }
    for mode in body["modalities"]?.array ?? [] where mode.string != "text" {
      throw Problem(.invalid, "This stand-in writes text only.", parameter: "modalities")
    }
  }

  private static func stops(_ body: JSONValue) throws(Problem) -> [String] {
    guard let value = body["stop"], !value.isNull else { return [] }
    if let text = value.string { return [text] }
    let stops = value.array?.compactMap(\.string) ?? []
    guard (1...4).contains(stops.count), stops.count == value.array?.count else {
      throw wrongType("stop", "a string or up to 4 strings")
    }
    return stops
  }

  // MARK: Tools

  private mutating func readTools(_ body: JSONValue) throws(Problem) {
    for (place, tool) in (body["tools"]?.array ?? []).enumerated() {
      guard tool["type"]?.string == "function", let function = tool["function"] else {
        throw Problem(
          .invalid, "Invalid value: 'tools[\(place)].type' has to be 'function'.",
          parameter: "tools[\(place)].type")
      }
      guard let name = function["name"]?.string, Self.isName(name) else {
        throw Problem(
          .invalid,
          "Invalid 'tools[\(place)].function.name': expected 1 to 64 letters, digits, _ and -.",
          parameter: "tools[\(place)].function.name")
      }
      task.tools.append(
        ToolOffer(
          name: name, description: function["description"]?.string ?? "",
          parameters: function["parameters"] ?? ["type": "object", "properties": [:]]))
    }
    guard let choice = body["tool_choice"], !choice.isNull else { return }
    try task.choose(choice)
  }

  static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x5F
          || byte == 0x2D
      }
  }

  private static func format(_ body: JSONValue) throws(Problem) -> ReplyFormat {
    guard let format = body["response_format"], !format.isNull else { return .text }
    switch format["type"]?.string {
    case "text": return .text
    case "json_object": return .object
    case "json_schema":
      guard let schema = format["json_schema"]?["schema"], schema.object != nil,
        format["json_schema"]?["name"]?.string != nil
      else {
        throw Problem(
          .invalid, "Missing required parameter: 'response_format.json_schema'.",
          parameter: "response_format.json_schema")
      }
      return .schema(schema)
    default:
      throw Problem(
        .invalid, "Invalid value for 'response_format.type'.", parameter: "response_format.type")
    }
  }
}
