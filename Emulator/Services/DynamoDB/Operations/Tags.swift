import JSON

/// Labels on a table.
enum Tags {
  static let limit = 50

  static func read(_ node: JSONNode?) throws(DynamoDBError) -> [(key: String, value: String)] {
    var tags: [(key: String, value: String)] = []
    for entry in node?.elements.map(Array.init) ?? [] {
      let (key, value) = (entry["Key"]?.string ?? "", entry["Value"]?.string ?? "")
      guard isValid(key) else { throw .validation("The Tag Key provided is invalid, Key: \(key)") }
      guard isValid(value) else {
        throw .validation("The Tag Value provided is invalid, Value: \(value)")
      }
      if key.lowercased().hasPrefix("aws:") {
        throw .validation("Tag Key cannot be prefixed with aws:, Key: \(key)")
      }
      if tags.contains(where: { ByteText($0.key) == ByteText(key) }) {
        throw .validation(
          "Duplicate Tag Keys provided as input: Duplicate Tag Key found \(key)")
      }
      tags.append((key, value))
    }
    guard tags.count <= limit else { throw tooMany }
    return tags
  }

  static let tooMany = DynamoDBError.validation(
    "Number of Tags exceed the current limit for the provided ResourceArn")

  /// Letters, digits and spaces of any language and `_.:/=+-@` (Tagging best practices, "Tag naming
  /// limits").
  private static func isValid(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .decimalNumber, .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator,
        .paragraphSeparator:
        true
      default: "_.:/=+-@".unicodeScalars.contains(scalar)
      }
    }
  }
}

extension DynamoDB {
  func tagResource(_ request: OperationRequest) async throws -> [UInt8] {
    let added = try Tags.read(request["Tags"])
    guard !added.isEmpty else {
      throw DynamoDBError.validation("Atleast one Tag needs to be provided as Input.")
    }
    try await change(try resource(request)) { table, _ in
      var definition = table.definition
      for tag in added {
        if let place = definition.tags.firstIndex(where: { $0.key == tag.key }) {
          definition.tags[place].value = tag.value
        } else {
          definition.tags.append(tag)
        }
      }
      guard definition.tags.count <= Tags.limit else { throw Tags.tooMany }
      return definition
    }
    return []
  }

  func untagResource(_ request: OperationRequest) async throws -> [UInt8] {
    let keys = request["TagKeys"]?.elements.map { $0.compactMap(\.string) } ?? []
    guard !keys.isEmpty else {
      throw DynamoDBError.validation("Atleast one Tag Key needs to be provided as Input.")
    }
    try await change(try resource(request)) { table, _ in
      var definition = table.definition
      definition.tags.removeAll { keys.contains($0.key) }
      return definition
    }
    return []
  }

  func listTagsOfResource(_ request: OperationRequest) async throws -> [UInt8] {
    let name = try resource(request)
    guard let table = try? await table(name) else { throw Self.resourceNotFound(request) }
    var body = AnswerBody()
    body.add("Tags") { output in
      output.append(list: table.definition.tags) { output, tag in
        output.append(raw: "{\"Key\":")
        output.appendJSON(tag.key)
        output.append(raw: ",\"Value\":")
        output.appendJSON(tag.value)
        output.append(0x7D)
      }
    }
    return body.finished
  }

  private func resource(_ request: OperationRequest) throws -> String {
    let arn = request.string("ResourceArn") ?? ""
    guard let name = TableName.name(inARN: arn) else {
      throw DynamoDBError.validation(
        "Invalid TableArn: Invalid ResourceArn provided as input \(arn)")
    }
    guard catalog.table(named: name) != nil else { throw Self.resourceNotFound(request) }
    return name
  }

  private static func resourceNotFound(_ request: OperationRequest) -> DynamoDBError {
    DynamoDBError(
      .resourceNotFound,
      "Requested resource not found: ResourcArn: \(request.string("ResourceArn") ?? "") not found")
  }
}
