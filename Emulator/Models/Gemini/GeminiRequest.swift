import JSON

/// The body of `generateContent`, checked. Members may be in camel case or with underscores.
///
/// Shape: Gemini API reference, "Generating content".
struct GeminiRequest {
  var task: ModelTask

  private static let known: Set<String> = [
    "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings",
    "model",
    "labels",
  ]

  init(_ given: JSONValue, model: String) throws(Problem) {
    let body = Self.camelCased(given, depth: 0)
    for key in body.object?.keys ?? [] where !Self.known.contains(key) {
      throw Problem(
        .invalid, "Invalid JSON payload received. Unknown name \"\(key)\": Cannot find field.")
    }
    task = ModelTask(model: model)
    task.instructions = try Self.text(
      of: body["systemInstruction"]?["parts"]?.array ?? [], "systemInstruction")
    try Self.read(body["contents"], into: &task)
    try readTools(body)
    try readConfiguration(body["generationConfig"] ?? [:])
  }

  /// Clients mix spellings. Arguments, results and schemas are data and stay as they are.
  private static func camelCased(_ value: JSONValue, depth: Int) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map { camelCased($0, depth: depth + 1) })
    case .object(let members):
      return .object(
        JSONObject(
          members.map { key, value in
            let name = camelCase(key)
            return (name, data.contains(name) ? value : camelCased(value, depth: depth + 1))
          }))
    default: return value
    }
  }

  private static let data: Set<String> = [
    "args", "response", "parameters", "parametersJsonSchema", "responseSchema",
    "responseJsonSchema", "labels",
  ]

  private static func camelCase(_ key: String) -> String {
    let parts = key.split(separator: "_")
    guard parts.count > 1 else { return key }
    return parts[0] + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  // MARK: Contents

  private static func read(_ value: JSONValue?, into task: inout ModelTask) throws(Problem) {
    let contents = value?.array ?? (value?.object == nil ? [] : [value ?? .null])
    guard !contents.isEmpty else {
      throw Problem(.invalid, "* GenerateContentRequest.contents: contents is not specified")
    }
    var open: [ToolWish] = []
    for (place, content) in contents.enumerated() {
      let parts = content["parts"]?.array ?? []
      let path = "contents[\(place)]"
      guard !parts.isEmpty else { throw Problem(.invalid, "* \(path).parts: must not be empty") }
      if content["role"]?.string == "model" {
        guard open.isEmpty else { throw orphaned() }
        open = parts.compactMap { $0["functionCall"] }.enumerated().map { index, call in
          ToolWish(
            id: call["id"]?.string ?? "\(place).\(index)", name: call["name"]?.string ?? "",
            arguments: call["args"] ?? [:])
        }
        let words = parts.filter { $0["functionCall"] == nil && $0["thought"]?.bool != true }
        task.messages.append(.assistant(try text(of: words, path), calls: open))
      } else {
        try readUser(parts, path, &open, into: &task)
      }
    }
    guard open.isEmpty else { throw orphaned() }
  }

  private static func readUser(
    _ parts: [JSONValue], _ path: String, _ open: inout [ToolWish], into task: inout ModelTask
  ) throws(Problem) {
    for result in parts.compactMap({ $0["functionResponse"] }) {
      let name = result["name"]?.string
      let id = result["id"]?.string
      guard
        let call = open.firstIndex(where: { $0.id == id })
          ?? open.firstIndex(where: { $0.name == name })
      else { throw orphaned() }
      let content = result["response"] ?? [:]
      // Clients wrap what is no object.
      let plain = content.object?.count == 1 ? content["result"] ?? content["output"] : nil
      task.messages.append(
        .result(
          call: open[call].id, name: open[call].name,
          content: plain?.string ?? (plain ?? content).description))
      open.remove(at: call)
    }
    guard open.isEmpty else { throw orphaned() }
    let words = parts.filter { $0["functionResponse"] == nil }
    if !words.isEmpty { task.messages.append(.user(try text(of: words, path))) }
  }

  private static func orphaned() -> Problem {
    Problem(
      .invalid,
      "Please ensure that the number of function response parts is equal to the number of function call "
        + "parts of the function call turn.")
  }

  private static func text(of parts: [JSONValue], _ path: String) throws(Problem) -> String {
    var texts: [String] = []
    for part in parts {
      guard let text = part["text"]?.string else {
        throw Problem(.invalid, "* \(path).parts: this stand-in reads text only")
      }
      texts.append(text)
    }
    return texts.joined(separator: "\n")
  }

  // MARK: Tools and configuration

  private mutating func readTools(_ body: JSONValue) throws(Problem) {
    for tool in body["tools"]?.array ?? [] {
      if tool["googleSearch"]?.object != nil { task.groundsInSearch = true }
      for key in tool.object?.keys ?? []
      where !["functionDeclarations", "googleSearch"].contains(key) {
        throw Problem(.invalid, "* tools: this stand-in has no \(key)")
      }
      for function in tool["functionDeclarations"]?.array ?? [] {
        let schema =
          function["parametersJsonSchema"]
          ?? function["parameters"].map { Self.lowered($0, depth: 0) }
        task.tools.append(
          ToolOffer(
            name: function["name"]?.string ?? "",
            description: function["description"]?.string ?? "",
            parameters: schema ?? ["type": "object", "properties": [:]]))
      }
    }
    guard !task.groundsInSearch || task.tools.isEmpty else {
      throw Problem(.invalid, "Tool use with function calling is unsupported")
    }
    let wish = body["toolConfig"]?["functionCallingConfig"]
    if let allowed = wish?["allowedFunctionNames"]?.array?.compactMap(\.string), !allowed.isEmpty {
      task.tools.removeAll { !allowed.contains($0.name) }
    }
    switch wish?["mode"]?.string {
    case "ANY": task.toolUse = .some
    case "NONE": task.toolUse = .never
    case nil, "AUTO", "VALIDATED", "MODE_UNSPECIFIED": task.toolUse = .free
    default: throw Problem(.invalid, "* toolConfig.functionCallingConfig.mode: is not known")
    }
  }

  /// Gemini's types are in capitals: `STRING`.
  private static func lowered(_ schema: JSONValue, depth: Int) -> JSONValue {
    guard depth < 32 else { return schema }
    switch schema {
    case .array(let elements): return .array(elements.map { lowered($0, depth: depth + 1) })
    case .object(let members):
      return .object(
        JSONObject(
          members.map { key, value in
            key == "type" && value.string != nil
              ? (key, .string(value.string?.lowercased() ?? ""))
              : (key, key == "enum" ? value : lowered(value, depth: depth + 1))
          }))
    default: return schema
    }
  }

  private mutating func readConfiguration(_ wish: JSONValue) throws(Problem) {
    task.longest = wish["maxOutputTokens"]?.int
    task.stops = (wish["stopSequences"]?.array ?? []).compactMap(\.string)
    if let count = wish["candidateCount"]?.int, count != 1 {
      throw Problem(
        .invalid, "* generationConfig.candidateCount: only one candidate can be specified")
    }
    for mode in wish["responseModalities"]?.array ?? [] where mode.string?.uppercased() != "TEXT" {
      throw Problem(
        .invalid, "* generationConfig.responseModalities: this stand-in writes text only")
    }
    if let schema = wish["responseJsonSchema"]
      ?? wish["responseSchema"].map({ Self.lowered($0, depth: 0) })
    {
      task.format = .schema(schema)
    } else if wish["responseMimeType"]?.string == "application/json" {
      task.format = .object
    }
  }
}
