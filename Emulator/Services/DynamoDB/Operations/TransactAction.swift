import JSON

/// One of the writes and checks of a transaction.
struct TransactAction: Sendable {
  enum Kind: Sendable {
    case put(Attributes)
    /// A put that must not replace anything: PartiQL's INSERT.
    case insert(Attributes)
    case update(Attributes, ItemChange)
    case delete(Attributes)
    case check(Attributes)
  }

  let table: String
  let kind: Kind
  private let condition: WriteCondition

  var attributes: Attributes {
    switch kind {
    case .put(let item), .insert(let item): item
    case .update(let key, _), .delete(let key), .check(let key): key
    }
  }

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ConditionExpression"], legacy: [])
  private static let updateRules = ExpressionParameters.Rules(
    expressions: ["UpdateExpression", "ConditionExpression"], legacy: [])

  init(_ entry: OperationRequest) throws(DynamoDBError) {
    let names = ["Put", "Update", "Delete", "ConditionCheck"].filter { entry[$0] != nil }
    guard names.count == 1, let node = entry[names[0]] else {
      throw .validation(
        "TransactItems can only contain one of Check, Put, Update or Delete")
    }
    let request = OperationRequest(part: node)
    table = try request.tableName()
    let isUpdate = names[0] == "Update"
    var expressions = try ExpressionParameters(request, isUpdate ? Self.updateRules : Self.rules)
    let attributes = try request.attributes(names[0] == "Put" ? "Item" : "Key")
    try expressions.readReferences()
    let update = isUpdate ? try expressions.update() : nil
    condition = WriteCondition(try expressions.condition(), request)
    try expressions.checkUse()
    switch names[0] {
    case "Put":
      try WriteRules.checkSize(attributes)
      kind = .put(attributes)
    case "Update": kind = .update(attributes, ItemChange(update: update ?? UpdateExpression()))
    case "Delete": kind = .delete(attributes)
    default: kind = .check(attributes)
    }
  }

  init(table: String, _ kind: Kind, _ condition: WriteCondition) {
    self.table = table
    self.kind = kind
    self.condition = condition
  }

  /// The keys of all actions; an item may be named once.
  static func storedKeys(
    _ actions: [TransactAction], _ tables: [Table]
  ) throws(DynamoDBError) -> [ItemKey] {
    var keys: [ItemKey] = []
    var seen: Set<Place> = []
    var failures: [Int: DynamoDBError] = [:]
    for (place, (action, table)) in zip(actions, tables).enumerated() {
      do throws(DynamoDBError) {
        let key = try storedKey(action, table)
        keys.append(key)
        guard seen.insert(Place(table: table.id, key: key)).inserted else {
          throw DynamoDBError.validation(
            "Transaction request cannot include multiple operations on one item")
        }
      } catch {
        // Empty keys and repeated items are errors of the request; others cancel the transaction.
        if error.message.contains("are not valid") || error.message.hasPrefix("Transaction") {
          throw error
        }
        failures[place] = error
        keys.append(ItemKey(partition: [], sort: []))
      }
    }
    guard failures.isEmpty else { throw Cancellation(failures, of: actions.count).error }
    return keys
  }

  private struct Place: Hashable {
    let table: Int
    let key: ItemKey
  }

  static func storedKey(
    _ action: TransactAction, _ table: Table
  ) throws(DynamoDBError) -> ItemKey {
    switch action.kind {
    case .put(let item), .insert(let item):
      let key = try KeyRules.key(of: item, table.keys)
      try WriteRules.checkIndexKeys(of: item, table)
      return key
    case .update(let key, let change):
      let stored = try KeyRules.key(named: key, table.keys)
      try change.checkTargets(table)
      return stored
    case .delete(let key), .check(let key):
      return try KeyRules.key(named: key, table.keys)
    }
  }

  /// What a transaction cost, by tables, and what a replay of it costs.
  struct Cost {
    var writes: [ConsumedCapacity] = []
    var reads: [ConsumedCapacity] = []
  }

  /// Carries out all actions; when one fails nothing is kept, and the reasons of all are told.
  static func perform(
    _ actions: [TransactAction], _ keys: [ItemKey], _ stores: [ItemStore]
  ) throws -> Cost {
    var olds: [StoredItem?] = []
    var failures: [Int: DynamoDBError] = [:]
    var changed: [Attributes?] = []
    for (place, (action, (key, store))) in zip(actions, zip(keys, stores)).enumerated() {
      let old = try store.find(key)
      olds.append(old)
      do {
        changed.append(try action.outcome(old, store.table))
      } catch let error as DynamoDBError {
        failures[place] = error
        changed.append(nil)
      }
    }
    guard failures.isEmpty else { throw Cancellation(failures, of: actions.count).error }
    guard changed.reduce(0, { $0 + ($1?.size ?? 0) }) <= DynamoDB.transactionBytes else {
      throw DynamoDBError.validation("Transaction cannot exceed 4MB in aggregate item size")
    }
    var total = Cost()
    for place in actions.indices {
      let table = stores[place].table
      let cost = try actions[place].apply(
        keys[place], stores[place], old: olds[place], new: changed[place])
      ConsumedCapacity.add(cost, of: table, to: &total.writes)
      let size = max(olds[place]?.size ?? 0, changed[place]?.size ?? 0)
      ConsumedCapacity.add(
        Capacity.read(size, isConsistent: true), of: table, to: &total.reads)
    }
    return total
  }

  /// The item after the action, with its condition checked; nil for none.
  func outcome(_ old: StoredItem?, _ table: Table) throws -> Attributes? {
    let oldItem = try old?.attributes()
    try condition.check(old, oldItem)
    switch kind {
    case .put(let item): return item
    case .insert(let item):
      guard old == nil else {
        throw DynamoDBError(
          .duplicateItem, "Duplicate primary key exists in table",
          item: condition.showsItem ? old?.bytes : nil)
      }
      return item
    case .update(let key, let change): return try change.applied(to: oldItem, key: key, table)
    case .delete, .check: return nil
    }
  }

  func apply(
    _ key: ItemKey, _ store: ItemStore, old: StoredItem?, new: Attributes?
  ) throws -> ItemStore.Cost {
    if let new { return try store.put(key, new, replacing: old) }
    guard case .delete = kind, let old else {
      return ItemStore.Cost(table: Capacity.write(old?.size ?? 0))
    }
    return try store.remove(key, old)
  }
}

/// Why a transaction was not carried out: a reason for each action, in their order.
struct Cancellation {
  let error: DynamoDBError

  init(_ failures: [Int: DynamoDBError], of count: Int) {
    let codes = (0..<count).map { failures[$0]?.kind.code ?? "None" }
    var reasons: [UInt8] = [0x5B]
    for place in 0..<count {
      if place > 0 { reasons.append(0x2C) }
      reasons.append(raw: "{\"Code\":")
      reasons.appendJSON(codes[place])
      if let failure = failures[place] {
        reasons.append(raw: ",\"Message\":")
        reasons.appendJSON(failure.message)
        if let item = failure.item {
          reasons.append(raw: ",\"Item\":")
          reasons.append(contentsOf: item)
        }
      }
      reasons.append(0x7D)
    }
    reasons.append(0x5D)
    error = DynamoDBError(
      .transactionCanceled,
      "Transaction cancelled, please refer cancellation reasons for specific reasons "
        + "[\(codes.joined(separator: ", "))]",
      reasons: reasons)
  }
}
