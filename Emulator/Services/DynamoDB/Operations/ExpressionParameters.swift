import JSON

/// The expressions of a request with the names and values they use, read in the service's order.
struct ExpressionParameters {
  /// Which parameters an operation has.
  struct Rules {
    let expressions: [String]
    /// Parameters from the time before expressions, which cannot stand beside them.
    let legacy: [String]
    /// PutItem and UpdateItem answer most errors in the envelope of gathered violations.
    var isEnveloped = false

    fileprivate var valued: [String] { expressions.filter { $0 != "ProjectionExpression" } }
  }

  private let request: OperationRequest
  private let rules: Rules
  private var context = ExpressionContext()

  /// Checks which parameters stand beside each other.
  init(_ request: OperationRequest, _ rules: Rules) throws(DynamoDBError) {
    self.request = request
    self.rules = rules
    let used = rules.expressions.filter { request[$0] != nil }
    // KeyConditions may stand beside any expression but its own.
    let legacy = rules.legacy.filter { name in
      request[name] != nil && !(name == "KeyConditions" && request["KeyConditionExpression"] == nil)
    }
    if !used.isEmpty, !legacy.isEmpty {
      throw error(
        "Can not use both expression and non-expression parameters in the same request: "
          + "Non-expression parameters: {\(legacy.joined(separator: ", "))} "
          + "Expression parameters: {\(used.joined(separator: ", "))}")
    }
    if request["ExpressionAttributeNames"] != nil, used.isEmpty {
      throw .validation("ExpressionAttributeNames can only be specified when using expressions")
    }
    let valued = rules.valued
    if request["ExpressionAttributeValues"] != nil, !valued.contains(where: used.contains) {
      let verb = valued.count > 1 ? "are" : "is"
      throw error(
        "ExpressionAttributeValues can only be specified when using expressions: "
          + "\(valued.joined(separator: " and ")) \(verb) null")
    }
    try LegacyConditions.checkOperator(request)
  }

  /// Reads names and values; the other parameters of the request were checked before.
  mutating func readReferences() throws(DynamoDBError) {
    guard request["ExpressionAttributeNames"] != nil || request["ExpressionAttributeValues"] != nil
    else { return }
    context = ExpressionContext(names: try names(), values: try values())
  }

  private func names() throws(DynamoDBError) -> [(ByteText, ByteText)] {
    guard let node = request["ExpressionAttributeNames"], let members = node.members else {
      return []
    }
    if node.count == 0 { throw .validation("ExpressionAttributeNames must not be empty") }
    let names = members.map { (ByteText($0.key), ByteText($0.value.string ?? "")) }
    for (key, _) in names where !Self.isReference(key, marker: 0x23) {
      throw .validation(
        "ExpressionAttributeNames contains invalid key: Syntax error; key: \"\(key)\"")
    }
    return names
  }

  private func values() throws(DynamoDBError) -> Attributes {
    guard let node = request["ExpressionAttributeValues"], let members = node.members else {
      return [:]
    }
    if node.count == 0 { throw .validation("ExpressionAttributeValues must not be empty") }
    for member in members where !Self.isReference(ByteText(member.key), marker: 0x3A) {
      throw .validation(
        "ExpressionAttributeValues contains invalid key: Syntax error; key: \"\(member.key)\"")
    }
    var values = Attributes()
    for member in members where !member.value.isNull {
      do throws(ValueError) {
        values.append(ByteText(member.key), try ValueReader.value(member.value))
      } catch {
        if error == .tooDeep { throw DynamoDBError(error) }
        if error == .falseNull { throw self.error(error.message) }
        let text =
          "ExpressionAttributeValues contains invalid value: \(error.message) for key \(member.key)"
        throw error.isEnveloped ? self.error(text) : .validation(text)
      }
    }
    return values
  }

  /// `#name` or `:name`, of letters, digits and underscores.
  private static func isReference(_ key: ByteText, marker: UInt8) -> Bool {
    let bytes = key.bytes
    return bytes.count > 1 && bytes[0] == marker
      && bytes.dropFirst().allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
      }
  }

  // MARK: Expressions

  mutating func update() throws(DynamoDBError) -> UpdateExpression? {
    try parse("UpdateExpression") { (parser) throws(ExpressionError) in try parser.update() }
  }

  mutating func condition(
    _ name: String = "ConditionExpression"
  ) throws(DynamoDBError) -> ConditionExpression? {
    try parse(name) { (parser) throws(ExpressionError) in try parser.condition() }
  }

  mutating func projection() throws(DynamoDBError) -> ProjectionExpression? {
    try parse("ProjectionExpression") { (parser) throws(ExpressionError) in
      try parser.projection()
    }
  }

  /// A key condition, taken apart. Errors of taking apart carry no name of the expression.
  mutating func keyCondition() throws(DynamoDBError) -> KeyCondition? {
    guard let condition = try condition("KeyConditionExpression") else { return nil }
    do throws(ExpressionError) {
      return try KeyCondition(condition)
    } catch {
      throw .validation(error.message)
    }
  }

  /// Refuses names and values that no expression used.
  func checkUse() throws(DynamoDBError) { try context.checkUse() }

  private mutating func parse<T>(
    _ name: String, _ body: (inout ExpressionParser) throws(ExpressionError) -> T
  ) throws(DynamoDBError) -> T? {
    guard let text = request.string(name) else { return nil }
    do throws(ExpressionError) {
      var parser = try ExpressionParser(text, context: context)
      let result = try body(&parser)
      context = parser.context
      return result
    } catch {
      let message = "Invalid \(name): \(error.message)"
      throw text.isEmpty ? .validation(message) : self.error(message)
    }
  }

  private func error(_ message: String) -> DynamoDBError {
    let error = DynamoDBError.validation(message)
    return rules.isEnveloped ? error.enveloped : error
  }
}

extension OperationRequest {
  /// Reads an item or a key from a member that the model requires.
  func attributes(_ name: String, isEnveloped: Bool = false) throws(DynamoDBError) -> Attributes {
    guard let node = self[name] else { return [:] }
    do throws(ValueError) {
      return try ValueReader.attributes(node)
    } catch {
      let plain = DynamoDBError(error)
      throw isEnveloped && error.isEnveloped ? plain.enveloped : plain
    }
  }
}
