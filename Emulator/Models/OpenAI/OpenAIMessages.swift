import JSON

/// Reads the messages of a chat completion.
enum OpenAIMessages {
  static func read(_ value: JSONValue?, into task: inout ModelTask) throws(Problem) {
    guard let list = value?.array else {
      throw OpenAIChatRequest.wrongType("messages", "an array of objects")
    }
    guard !list.isEmpty else {
      throw Problem(
        .invalid, "Invalid 'messages': empty array. Expected an array with minimum length 1.",
        parameter: "messages")
    }
    var instructions: [String] = []
    /// Calls whose results have not come yet.
    var open: [ToolWish] = []
    for (place, message) in list.enumerated() {
      let path = "messages[\(place)]"
      let role = message["role"]?.string
      if role != "tool", let missing = open.first {
        throw Problem(
          .invalid,
          "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: \(missing.id)",
          parameter: "messages")
      }
      switch role {
      case "system", "developer": instructions.append(try text(message["content"], path))
      case "user": task.messages.append(.user(try text(message["content"], path)))
      case "assistant":
        open = try calls(message["tool_calls"], path)
        let content = message["content"] ?? .null
        guard !content.isNull || !open.isEmpty else {
          throw OpenAIChatRequest.wrongType("\(path).content", "a string or an array of objects")
        }
        task.messages.append(.assistant(content.isNull ? "" : try text(content, path), calls: open))
      case "tool":
        let id = message["tool_call_id"]?.string ?? ""
        guard let call = open.firstIndex(where: { $0.id == id }) else {
          throw Problem(
            .invalid,
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            parameter: "\(path).role")
        }
        task.messages.append(
          .result(call: id, name: open[call].name, content: try text(message["content"], path)))
        open.remove(at: call)
      default:
        throw Problem(
          .invalid,
          "Invalid value: '\(role ?? "")'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'.",
          parameter: "\(path).role")
      }
    }
    if let missing = open.first {
      throw Problem(
        .invalid,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: \(missing.id)",
        parameter: "messages")
    }
    task.instructions = instructions.joined(separator: "\n\n")
  }

  /// A string, or text parts joined. Pictures and sound are refused, not skipped.
  private static func text(_ content: JSONValue?, _ path: String) throws(Problem) -> String {
    if let text = content?.string { return text }
    guard let parts = content?.array, !parts.isEmpty else {
      throw OpenAIChatRequest.wrongType("\(path).content", "a string or an array of objects")
    }
    var text: [String] = []
    for (place, part) in parts.enumerated() {
      guard let type = part["type"]?.string, ["text", "refusal"].contains(type),
        let words = part[type]?.string
      else {
        throw Problem(
          .invalid, "This stand-in reads text only.", parameter: "\(path).content[\(place)]")
      }
      text.append(words)
    }
    return text.joined(separator: "\n")
  }

  private static func calls(_ value: JSONValue?, _ path: String) throws(Problem) -> [ToolWish] {
    var calls: [ToolWish] = []
    for (place, call) in (value?.array ?? []).enumerated() {
      guard let id = call["id"]?.string, !id.isEmpty, let name = call["function"]?["name"]?.string,
        let arguments = call["function"]?["arguments"]?.string
      else {
        throw Problem(
          .invalid, "Missing required parameter in '\(path).tool_calls[\(place)]'.",
          parameter: "\(path).tool_calls[\(place)]")
      }
      calls.append(
        ToolWish(
          id: id, name: name, arguments: (try? JSONValue(parsing: arguments)) ?? .string(arguments))
      )
    }
    return calls
  }
}
