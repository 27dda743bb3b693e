import JSON

/// What a target gets of an event: all of it, a part, a constant, or a text with parts of it.
///
/// Source: EventBridge user guide, "Amazon EventBridge input transformation".
enum EventInput {
  /// `arn` and `name` are the rule's.
  static func bytes(
    for target: JSONValue, _ event: JSONValue, arn: String, name: String
  ) -> [UInt8] {
    if let constant = target["Input"]?.string { return Array(constant.utf8) }
    if let path = target["InputPath"]?.string {
      return (value(at: path, in: event) ?? .null).encoded()
    }
    guard let transformer = target["InputTransformer"],
      let template = transformer["InputTemplate"]?.string
    else { return event.encoded() }
    var values: [String: JSONValue] = [
      "aws.events.rule-arn": .string(arn), "aws.events.rule-name": .string(name),
      "aws.events.event.json": event, "aws.events.event": head(of: event),
      "aws.events.event.ingestion-time": event["time"] ?? "",
    ]
    for (name, path) in transformer["InputPathsMap"]?.object ?? [:] {
      // What is not there is an empty text.
      values[name] = value(at: path.string ?? "", in: event) ?? ""
    }
    return Array(fill(template, values).utf8)
  }

  /// `<aws.events.event>`: all but the detail, and one name spelled otherwise.
  private static func head(of event: JSONValue) -> JSONValue {
    var head: JSONValue = [:]
    for name in ["id", "account", "source", "time", "region", "resources", "version"] {
      head[name] = event[name]
    }
    head["detailType"] = event["detail-type"]
    return head
  }

  private static let predefined: Set<String> = [
    "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event", "aws.events.event.json",
    "aws.events.event.ingestion-time",
  ]

  /// The first placeholder of a transformer's template that nothing defines.
  static func unknownPlaceholder(in transformer: JSONValue) -> String? {
    let defined = predefined.union(transformer["InputPathsMap"]?.object?.keys.map { $0 } ?? [])
    var rest = (transformer["InputTemplate"]?.string ?? "")[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: start)...]
      let name = rest.prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
      guard !name.isEmpty, rest[name.endIndex...].first == ">" else { continue }
      guard defined.contains(String(name)) else { return String(name) }
    }
    return nil
  }

  /// `$.detail.items[0].name`.
  static func value(at path: String, in event: JSONValue) -> JSONValue? {
    guard path.hasPrefix("$") else { return nil }
    var value = event
    var name = ""
    var rest = path.dropFirst()
    func member(_ value: JSONValue, _ name: String) -> JSONValue? {
      name.isEmpty ? value : value[name]
    }
    while let next = rest.popFirst() {
      switch next {
      case ".":
        guard let inner = member(value, name) else { return nil }
        (value, name) = (inner, "")
      case "[":
        guard let inner = member(value, name), let end = rest.firstIndex(of: "]") else {
          return nil
        }
        let key = rest[..<end].filter { $0 != "'" && $0 != "\"" }
        guard let element = Int(key).flatMap({ inner[$0] }) ?? inner[String(key)] else {
          return nil
        }
        (value, name) = (element, "")
        rest = rest[rest.index(after: end)...]
      default: name.append(next)
      }
    }
    return member(value, name)
  }

  /// Puts values in place of `<name>`: texts bare inside quotes, quoted elsewhere.
  private static func fill(_ template: String, _ values: [String: JSONValue]) -> String {
    var text = ""
    var isQuoted = false
    var rest = template[...]
    while let next = rest.popFirst() {
      if next == "<", let end = rest.firstIndex(of: ">"), let value = values[String(rest[..<end])] {
        rest = rest[rest.index(after: end)...]
        if isQuoted, let string = value.string {
          text += JSONValue.string(string).description.dropFirst().dropLast()
        } else if isQuoted {
          text += JSONValue.string(value.description).description.dropFirst().dropLast()
        } else {
          text += value.description
        }
        continue
      }
      if next == "\"", text.last != "\\" { isQuoted.toggle() }
      text.append(next)
    }
    return text
  }
}
