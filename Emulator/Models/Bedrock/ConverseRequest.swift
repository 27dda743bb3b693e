import JSON

/// The body of `converse` and `converse-stream`, checked.
///
/// Shape: Bedrock API reference, "Converse".
struct ConverseRequest {
  var task: ModelTask

  private static let known: Set<String> = [
    "messages", "system", "inferenceConfig", "toolConfig", "additionalModelRequestFields",
    "requestMetadata",
    "performanceConfig", "outputConfig", "serviceTier",
  ]

  init(_ body: JSONValue, model: String) throws(Problem) {
    try ProviderRequest.refuseOthers(than: Self.known, in: body)
    task = ModelTask(model: model)
    task.instructions = (body["system"]?.array ?? []).compactMap { $0["text"]?.string }.joined(
      separator: "\n\n")
    try Self.read(body["messages"], into: &task)
    task.longest = body["inferenceConfig"]?["maxTokens"]?.int
    task.stops = (body["inferenceConfig"]?["stopSequences"]?.array ?? []).compactMap(\.string)
    try readTools(body["toolConfig"])
  }

  private static func read(_ value: JSONValue?, into task: inout ModelTask) throws(Problem) {
    guard let messages = value?.array, !messages.isEmpty else {
      throw Problem(
        .invalid,
        "A conversation must start with a user message. Try again with a conversation that starts with a user message."
      )
    }
    guard messages[0]["role"]?.string == "user" else {
      throw Problem(
        .invalid,
        "A conversation must start with a user message. Try again with a conversation that starts with a user message."
      )
    }
    var open: [ToolWish] = []
    for (place, message) in messages.enumerated() {
      let blocks = message["content"]?.array ?? []
      guard !blocks.isEmpty else {
        throw Problem(
          .invalid,
          "The content field in the Message object at messages.\(place) is empty. Add a ContentBlock object to the content field and try again."
        )
      }
      if message["role"]?.string == "assistant" {
        guard open.isEmpty else { throw orphaned(place, open) }
        open = blocks.compactMap { $0["toolUse"] }.map { call in
          ToolWish(
            id: call["toolUseId"]?.string ?? "", name: call["name"]?.string ?? "",
            arguments: call["input"] ?? [:])
        }
        let words = blocks.filter { $0["toolUse"] == nil && $0["reasoningContent"] == nil }
        task.messages.append(.assistant(try text(of: words, place), calls: open))
      } else {
        try readUser(blocks, place, &open, into: &task)
      }
    }
    guard open.isEmpty else { throw orphaned(messages.count - 1, open) }
  }

  private static func readUser(
    _ blocks: [JSONValue], _ place: Int, _ open: inout [ToolWish], into task: inout ModelTask
  ) throws(Problem) {
    for result in blocks.compactMap({ $0["toolResult"] }) {
      let id = result["toolUseId"]?.string ?? ""
      guard let call = open.firstIndex(where: { $0.id == id }) else {
        throw Problem(
          .invalid,
          "The number of toolResult blocks at messages.\(place).content exceeds the number of toolUse blocks of previous turn."
        )
      }
      let content = (result["content"]?.array ?? []).map {
        $0["text"]?.string ?? ($0["json"] ?? .null).description
      }
      task.messages.append(
        .result(call: id, name: open[call].name, content: content.joined(separator: "\n")))
      open.remove(at: call)
    }
    guard open.isEmpty else { throw orphaned(place, open) }
    let words = blocks.filter { $0["toolResult"] == nil }
    if !words.isEmpty { task.messages.append(.user(try text(of: words, place))) }
  }

  private static func orphaned(_ place: Int, _ open: [ToolWish]) -> Problem {
    Problem(
      .invalid,
      "Expected toolResult blocks at messages.\(place).content for the following Ids: \(open.map(\.id).joined(separator: ", "))"
    )
  }

  private static func text(of blocks: [JSONValue], _ place: Int) throws(Problem) -> String {
    var texts: [String] = []
    for block in blocks where block["cachePoint"] == nil {
      guard let text = block["text"]?.string else {
        throw Problem(.invalid, "This stand-in reads text only: messages.\(place).content")
      }
      texts.append(text)
    }
    return texts.joined(separator: "\n")
  }

  private mutating func readTools(_ value: JSONValue?) throws(Problem) {
    guard let value, !value.isNull else { return }
    for tool in value["tools"]?.array ?? [] where tool["cachePoint"] == nil {
      guard let tool = tool["toolSpec"], let name = tool["name"]?.string,
        let schema = tool["inputSchema"]?["json"]
      else {
        throw Problem(
          .invalid, "toolConfig.tools: only toolSpec with name and inputSchema.json is supported")
      }
      task.tools.append(
        ToolOffer(name: name, description: tool["description"]?.string ?? "", parameters: schema))
    }
    guard !task.tools.isEmpty else {
      throw Problem(.invalid, "toolConfig.tools: at least one tool is required")
    }
    let choice = value["toolChoice"]
    if choice?["any"] != nil { task.toolUse = .some }
    if let name = choice?["tool"]?["name"]?.string { task.toolUse = .named(name) }
  }
}
