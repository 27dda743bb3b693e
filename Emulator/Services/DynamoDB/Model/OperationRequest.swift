import JSON

/// A request whose types and constraints were checked, or a part of one.
struct OperationRequest: Sendable {
  private let model: ModelStructure?
  private let nodes: [JSONNode?]
  private let part: JSONNode?

  /// JSON nesting of a request: 32 levels of an item take two each, and a transaction adds a few.
  static let limits = JSONLimits(bytes: 16 << 20, depth: 200, loneSurrogates: .replaced)

  init(_ operation: String, _ model: ModelStructure, _ document: JSONDocument) throws(DynamoDBError)
  {
    let root = document.root
    guard root.kind == .object, let members = root.members else {
      throw .serialization("Start of structure or map expected")
    }
    var nodes = [JSONNode?](repeating: nil, count: model.members.count)
    for member in members {
      let known = model.members.firstIndex { member.name.isString($0.name) }
      guard let known, !member.value.isNull else { continue }
      try TypeCheck.check(member.value, model.members[known].shape)
      nodes[known] = member.value
    }
    self.model = model
    self.nodes = nodes
    part = nil
    try checkConstraints(operation, model)
  }

  /// A part of a request, such as one `Put` of a transaction.
  init(part: JSONNode) {
    model = nil
    nodes = []
    self.part = part
  }

  /// The value of a member; nil when it is absent or null.
  subscript(name: String) -> JSONNode? {
    if let part {
      guard let node = part[name], !node.isNull else { return nil }
      return node
    }
    guard let index = model?.members.firstIndex(where: { $0.name == name }) else { return nil }
    return nodes[index]
  }

  func string(_ name: String) -> String? { self[name]?.string }

  func bool(_ name: String) -> Bool? { self[name]?.bool }

  func integer(_ name: String) -> Int? { self[name]?.wholeNumber }

  /// The name of the table the request is about, taken out of an ARN where one was given.
  func tableName() throws(DynamoDBError) -> String {
    let text = string("TableName") ?? ""
    guard text.hasPrefix("arn:") else {
      // The model lets shorter names through, and nothing can have one.
      guard text.utf8.count >= TableName.shortest else {
        throw .validation(
          "TableName must be at least \(TableName.shortest) characters long and at most "
            + "\(TableName.longest) characters long")
      }
      return text
    }
    guard let name = TableName.name(inARN: text) else { throw .validation("Invalid TableArn") }
    return name
  }

  private func checkConstraints(
    _ operation: String, _ model: ModelStructure
  ) throws(DynamoDBError) {
    // An invalid name is reported alone by these two, an empty one by all.
    let reportsTableFirst = operation == "PutItem" || operation == "UpdateItem"
    if let index = model.members.firstIndex(where: { $0.name == "TableName" }) {
      let isEmpty = nodes[index]?.isString("") ?? false
      if reportsTableFirst || isEmpty {
        var check = ConstraintCheck()
        check.check(nodes[index], model.members[index], under: "")
        if let error = check.error { throw error }
      }
    }
    var check = ConstraintCheck()
    check.isNewTable = operation == "CreateTable"
    for (member, node) in zip(model.members, nodes) { check.check(node, member, under: "") }
    if operation == "UpdateItem" { check.keepFirstEnumeration() }
    if let error = check.error { throw error }
  }
}

extension ConstraintCheck {
  /// UpdateItem stops at its first wrong enumeration.
  fileprivate mutating func keepFirstEnumeration() {
    var seen = false
    keep(where: { finding in
      guard finding.contains("enum value set") else { return true }
      defer { seen = true }
      return !seen
    })
  }
}
