import JSON

extension Scope {
  private static let knownSections: Set<String> = [
    "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters", "Mappings",
    "Conditions", "Rules", "Globals", "Resources", "Outputs",
  ]

  /// Reads the sections of a template; `values` are given to its parameters.
  init(
    reading bytes: [UInt8], file: String, values: [String: String],
    environment: TemplateEnvironment
  ) throws {
    let document = try Scope.document(bytes, file: file)
    self.init(file: file, document: document, environment: environment)
    let root = Located(document.root)
    guard let sections = root.members else {
      throw error("a template is a JSON object, this is \(root.kind)", at: 0, in: nil)
    }
    for section in sections where !Scope.knownSections.contains(section.key) {
      throw error(
        "\"\(section.key)\" is no section of a template; there are "
          + Scope.knownSections.sorted().joined(separator: ", "),
        at: section.value.offset, in: nil)
    }
    mappings = root["Mappings"]
    for condition in root["Conditions"]?.members ?? [] {
      conditions[condition.key] = condition.value
    }
    parameters = try readParameters(root["Parameters"], values: values)
    try settleConditions()
    guard let resources = root["Resources"]?.members, !resources.isEmpty else {
      throw error("the template has no \"Resources\"", at: root.offset, in: nil)
    }
    setResources(try resources.map { try readResource($0) })
  }

  private static func document(_ bytes: [UInt8], file: String) throws -> JSONDocument {
    let start = bytes.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }
    guard start == nil || start == 0x7B || start == 0x5B else {
      throw TemplateError(
        file: file, position: JSONPosition(line: 1, column: 1),
        problem: """
          this does not begin with "{": martlet reads templates in JSON. Convert YAML with \
          \"pipx run cfn-flip --json \(file) template.json\" (it understands !Ref and !Sub); \
          sam and CloudFormation read the JSON as well
          """)
    }
    do throws(JSONError) {
      return try JSONDocument(bytes)
    } catch {
      throw TemplateError(file: file, position: error.position, problem: error.reason)
    }
  }

  private func readResource(_ member: Located.Member) throws -> Resource {
    let id = member.key
    guard id.utf8.allSatisfy({ isAlphanumeric($0) }), !id.isEmpty, id.utf8.count <= 255 else {
      throw error("a logical id has only letters and digits", at: member.value.offset, in: id)
    }
    guard case .string(let type)? = member.value["Type"]?.content else {
      throw error("the resource has no \"Type\"", at: member.value.offset, in: id)
    }
    let condition = member.value["Condition"]?.text
    if let condition, conditions[condition] == nil {
      throw error(
        "its condition \"\(condition)\" is not in \"Conditions\"", at: member.value.offset, in: id)
    }
    return Resource(
      logicalID: id, type: type, body: member.value,
      properties: member.value["Properties"] ?? Located(.object([]), at: member.value.offset),
      condition: condition)
  }

  private func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
