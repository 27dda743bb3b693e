import JSON

/// The older query protocol of SQS: its flat parameters as the JSON input of the same operation, and
/// the JSON result as its XML.
///
/// Source: SQS API reference in its version of 2012-11-05.
enum QueueQuery {
  /// Lists: the parameter's name before the number, and the member it becomes.
  private static let lists = [
    "AttributeName": "AttributeNames", "MessageAttributeName": "MessageAttributeNames",
    "MessageSystemAttributeName": "MessageSystemAttributeNames", "TagKey": "TagKeys",
    "AWSAccountId": "AWSAccountIds", "ActionName": "Actions",
  ]
  /// Maps: how key and value are called, and the member it becomes.
  private static let maps = [
    "Attribute": ("Name", "Value", "Attributes"), "Tag": ("Key", "Value", "Tags"),
    "MessageAttribute": ("Name", "Value", "MessageAttributes"),
    "MessageSystemAttribute": ("Name", "Value", "MessageSystemAttributes"),
  ]
  private static let numbers: Set<String> = [
    "DelaySeconds", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds", "MaxResults",
    "MaxNumberOfMessagesPerSecond",
  ]

  /// A tree of the parts of parameter names.
  private final class Branch {
    var text: String?
    var branches: [String: Branch] = [:]

    func set(_ parts: ArraySlice<Substring>, _ text: String) {
      guard let first = parts.first else {
        self.text = text
        return
      }
      let branch = branches[String(first)] ?? Branch()
      branches[String(first)] = branch
      branch.set(parts.dropFirst(), text)
    }

    /// What is numbered, in the order of the numbers.
    var numbered: [Branch] {
      branches.compactMap { key, branch in Int(key).map { ($0, branch) } }
        .sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// Parts of a name that are looked at; no parameter has more than five.
  private static let deepest = 8

  static func input(_ parameters: QueryParameters, action: String, path: String) -> JSONObject {
    let root = Branch()
    for (name, text) in parameters.values where name != "Action" && name != "Version" {
      root.set(name.split(separator: ".", maxSplits: deepest)[...], text)
    }
    var input = object(root)
    for (name, branch) in root.branches where name.hasSuffix("BatchRequestEntry") {
      input["Entries"] = .array(branch.numbered.map { .object(object($0)) })
      input[name] = nil
    }
    if input["QueueUrl"] == nil, path != "/" { input["QueueUrl"] = .string(path) }
    return input
  }

  private static func object(_ branch: Branch) -> JSONObject {
    var object = JSONObject()
    for (name, inner) in branch.branches.sorted(by: { $0.key < $1.key }) {
      if let member = lists[name] {
        let texts = inner.text.map { [$0] } ?? inner.numbered.compactMap(\.text)
        object[member] = .array(texts.map { .string($0) })
      } else if let (key, value, member) = maps[name] {
        object[member] = .object(map(inner, key, value))
      } else if let text = inner.text {
        object[name] =
          numbers.contains(name) ? Int(text).map { .int($0) } ?? .string(text) : .string(text)
      }
    }
    return object
  }

  private static func map(_ branch: Branch, _ key: String, _ value: String) -> JSONObject {
    // One attribute may stand without a number.
    let entries = branch.branches[key] == nil ? branch.numbered : [branch]
    var map = JSONObject()
    for entry in entries {
      guard let name = entry.branches[key]?.text, let content = entry.branches[value] else {
        continue
      }
      map[name] = content.text.map { .string($0) } ?? .object(object(content))
    }
    return map
  }

  // MARK: - Results

  /// Names of list members in XML, where they are not those of JSON.
  private static let elements = [
    "QueueUrls": "QueueUrl", "queueUrls": "QueueUrl", "Messages": "Message",
    "Failed": "BatchResultErrorEntry", "Results": "ListMessageMoveTasksResultEntry",
  ]

  /// `<…Result>`, or nothing for an operation that has none.
  static func xml(_ result: JSONValue, action: String) -> [UInt8] {
    let silent = [
      "DeleteQueue", "PurgeQueue", "SetQueueAttributes", "TagQueue", "UntagQueue",
      "DeleteMessage", "ChangeMessageVisibility", "AddPermission", "RemovePermission",
    ]
    guard !silent.contains(action) else { return [] }
    var writer = XMLWriter()
    let head = writer.bytes.count
    writer.element("\(action)Result") { writer in
      for (name, value) in result.object ?? [:] { write(name, value, action, &writer) }
    }
    return Array(writer.bytes.dropFirst(head))
  }

  private static func write(
    _ name: String, _ value: JSONValue, _ action: String, _ writer: inout XMLWriter
  ) {
    switch (name, value) {
    case ("Attributes", .object(let members)): pairs("Attribute", "Name", members, &writer)
    case ("Tags", .object(let members)): pairs("Tag", "Key", members, &writer)
    case ("MessageAttributes", .object(let members)):
      for (key, value) in members {
        writer.element("MessageAttribute") { writer in
          writer.element("Name", key)
          writer.element("Value") { writer in
            for (part, text) in value.object ?? [:] { writer.element(part, text.string ?? "") }
          }
        }
      }
    case (_, .array(let elements)):
      let element = Self.elements[name] ?? "\(action)ResultEntry"
      for entry in elements {
        if let text = entry.string {
          writer.element(element, text)
          continue
        }
        writer.element(element) { writer in
          for (part, value) in entry.object ?? [:] { write(part, value, action, &writer) }
        }
      }
    case (_, .string(let text)): writer.element(name, text)
    default: writer.element(name, value.description)
    }
  }

  private static func pairs(
    _ element: String, _ key: String, _ members: JSONObject, _ writer: inout XMLWriter
  ) {
    for (name, value) in members {
      writer.element(element) { writer in
        writer.element(key, name)
        writer.element("Value", value.string ?? "")
      }
    }
  }
}
