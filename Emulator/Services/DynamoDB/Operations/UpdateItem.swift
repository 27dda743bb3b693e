import JSON

extension DynamoDB {
  func updateItem(_ request: OperationRequest) async throws -> [UInt8] {
    let update = try UpdateRequest(request)
    return try await write(try request.tableName()) { table in
      let key = try KeyRules.key(named: update.key, table.keys)
      try update.change.checkTargets(table)
      return { store in try update.perform(key, store) }
    }
  }
}

/// A checked `UpdateItem`.
struct UpdateRequest: Sendable {
  enum Returned: String, Sendable {
    case none = "NONE"
    case allOld = "ALL_OLD"
    case updatedOld = "UPDATED_OLD"
    case allNew = "ALL_NEW"
    case updatedNew = "UPDATED_NEW"
  }

  let key: Attributes
  let change: ItemChange
  private let request: OperationRequest
  private let condition: WriteCondition
  private let returned: Returned
  private let report: CapacityReport

  private static let rules = ExpressionParameters.Rules(
    expressions: ["UpdateExpression", "ConditionExpression"],
    legacy: ["AttributeUpdates", "Expected"], isEnveloped: true)

  init(_ request: OperationRequest) throws(DynamoDBError) {
    self.request = request
    var expressions = try ExpressionParameters(request, Self.rules)
    key = try request.attributes("Key", isEnveloped: true)
    let legacy = try LegacyUpdate.change(request)
    let expected = try LegacyConditions.expected(request)
    try expressions.readReferences()
    let update = try expressions.update()
    let parsed = try expressions.condition()
    try expressions.checkUse()
    change = ItemChange(update: update ?? legacy ?? UpdateExpression())
    condition = WriteCondition(parsed ?? expected, request)
    returned = request.string("ReturnValues").flatMap(Returned.init) ?? .none
    report = CapacityReport(request)
  }

  func perform(_ key: ItemKey, _ store: ItemStore) throws -> [UInt8] {
    let old = try store.find(key)
    let oldItem = try old?.attributes()
    try condition.check(old, oldItem)
    let newItem = try change.applied(to: oldItem, key: self.key, store.table)
    let cost = try store.put(key, newItem, replacing: old)
    var body = AnswerBody()
    if let attributes = attributes(old: oldItem, new: newItem), !attributes.isEmpty {
      body.add("Attributes", attributes)
    }
    body.add(ConsumedCapacity(store.table, cost), report)
    body.add(metricsFor: self.key, of: store.table, request)
    return body.finished
  }

  private func attributes(old: Attributes?, new: Attributes) -> Attributes? {
    switch returned {
    case .none: nil
    case .allOld: old
    case .allNew: new
    case .updatedOld: old.map { change.targets.applied(to: $0) }
    case .updatedNew: change.targets.applied(to: new)
    }
  }
}

/// What an update makes of an item, by `UpdateItem` or in a transaction.
struct ItemChange: Sendable {
  let update: UpdateExpression

  /// The parts that the update names.
  var targets: ProjectionExpression { ProjectionExpression(update.targets) }

  /// Keys cannot be changed.
  func checkTargets(_ table: Table) throws(DynamoDBError) {
    for path in update.targets where table.keys.names.contains(path.root) {
      throw .invalid("Cannot update attribute \(path.root). This attribute is part of the key")
    }
  }

  func applied(
    to old: Attributes?, key: Attributes, _ table: Table
  ) throws(DynamoDBError) -> Attributes {
    let item: Attributes
    do throws(UpdateError) {
      item = try update.applied(to: old ?? key)
    } catch {
      throw .validation(error.message)
    }
    try WriteRules.checkIndexKeys(of: item, table, changedFrom: old ?? [:])
    guard item.size <= ItemStore.sizeLimit, updateSize(in: item) <= ItemStore.sizeLimit else {
      throw .validation("Item size to update has exceeded the maximum allowed size")
    }
    guard item.isShallow(upTo: ValueReader.depthLimit) else { throw DynamoDBError(.tooDeep) }
    return item
  }
}

extension ItemChange {
  /// Bytes that the service holds against the limit of an item for the update itself, for each clause
  /// that writes a value, for each that removes one, and for a sum or difference (measured by
  /// nubo-db/dynoxide, issues 187 and 210).
  private static let base = 3
  private static let perValue = 19
  private static let perRemoval = 2
  private static let perArithmetic = 50

  /// What an update is measured by: the attributes it names, as they are afterwards, and its clauses.
  /// Neither the key nor what it leaves alone counts.
  private func updateSize(in item: Attributes) -> Int {
    var size = Self.base
    for name in Set(update.targets.map(\.root)) {
      if let value = item[name] { size += name.count + value.size }
    }
    let written =
      update.assignments.map(\.path) + update.additions.map(\.path)
      + update.deletions.map(\.path)
    for path in written {
      size += Self.perValue
      if case .index = path.rest.last { size += 1 }
    }
    for (_, source) in update.assignments {
      switch source {
      case .sum, .difference: size += Self.perArithmetic
      default: break
      }
    }
    return size + Self.perRemoval * update.removals.count
  }
}

extension Attributes {
  /// Whether no value is nested deeper than `levels`: an update can put a value inside another.
  func isShallow(upTo levels: Int) -> Bool {
    guard levels > 0 else { return isEmpty }
    return values.allSatisfy { $0.isShallow(upTo: levels) }
  }
}

extension AttributeValue {
  fileprivate func isShallow(upTo levels: Int) -> Bool {
    switch self {
    case .list(let values):
      levels > 0 && values.allSatisfy { levels > 1 && $0.isShallow(upTo: levels - 1) }
    case .map(let attributes):
      levels > 0 && attributes.values.allSatisfy { levels > 1 && $0.isShallow(upTo: levels - 1) }
    default: levels > 0
    }
  }
}

/// Reads `AttributeUpdates`, the form of an update from before expressions.
enum LegacyUpdate {
  static func change(_ request: OperationRequest) throws(DynamoDBError) -> UpdateExpression? {
    guard let members = request["AttributeUpdates"]?.members else { return nil }
    var update = UpdateExpression()
    for member in members where !member.value.isNull {
      let entry = OperationRequest(part: member.value)
      try add(DocumentPath(root: ByteText(member.key)), entry, to: &update)
    }
    return update
  }

  private static func add(
    _ path: DocumentPath, _ entry: OperationRequest, to update: inout UpdateExpression
  ) throws(DynamoDBError) {
    let action = entry.string("Action") ?? "PUT"
    guard let value = try value(entry) else {
      guard action == "DELETE" else {
        throw .invalid("Only DELETE action is allowed when no attribute value is specified")
      }
      update.removals.append(path)
      return
    }
    switch action {
    case "DELETE":
      guard value.isSet else {
        throw .invalid(
          "DELETE action with value is not supported for the type \(value.type.rawValue)")
      }
      update.deletions.append((path, value))
    case "ADD":
      guard value.isSet || value.type == .number || value.type == .list else {
        throw .invalid("ADD action is not supported for the type \(value.type.rawValue)")
      }
      update.additions.append((path, value))
    default: update.assignments.append((path, .value(value)))
    }
  }

  private static func value(_ entry: OperationRequest) throws(DynamoDBError) -> AttributeValue? {
    guard let node = entry["Value"] else { return nil }
    do throws(ValueError) {
      return try ValueReader.value(node)
    } catch {
      throw DynamoDBError(error)
    }
  }
}
