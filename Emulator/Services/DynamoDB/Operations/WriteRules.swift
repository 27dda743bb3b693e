/// What an item must be before it is stored, apart from its own key.
enum WriteRules {
  static func checkSize(_ item: Attributes) throws(DynamoDBError) {
    guard item.size <= ItemStore.sizeLimit else {
      throw .validation("Item size has exceeded the maximum allowed size")
    }
  }

  /// Values of index keys must have the index's types and not be empty; absent ones only keep the
  /// item out of the index. Of several errors the one of the first index by name is reported.
  /// With `old`, only values that an update changed are looked at.
  static func checkIndexKeys(
    of item: Attributes, _ table: Table, changedFrom old: Attributes? = nil
  ) throws(DynamoDBError) {
    for index in table.indexesByName {
      for key in index.keys.attributes {
        guard let value = item[key.name] else { continue }
        if let old, old[key.name] == value { continue }
        guard value.type == key.type else {
          throw .invalid(
            "Type mismatch for Index Key \(key.name) Expected: \(key.type.rawValue) "
              + "Actual: \(value.type.rawValue) IndexName: \(index.name)")
        }
        guard let kind = KeyRules.emptyKind(of: value) else { continue }
        throw emptyKey(kind, index, key.name, isUpdate: old != nil)
      }
    }
  }

  private static func emptyKey(
    _ kind: String, _ index: TableIndex, _ key: ByteText, isUpdate: Bool
  ) -> DynamoDBError {
    let start = "One or more parameter values are not valid. "
    let end = "The AttributeValue for a key attribute cannot contain an empty \(kind) value."
    if isUpdate {
      return .validation(
        start + "The update expression attempted to update a secondary index key to a value that "
          + "is not supported. " + end)
    }
    return .validation(
      start + "A value specified for a secondary index key is not supported. " + end
        + " IndexName: \(index.name), IndexKey: \(key)")
  }
}

/// A condition on a write and what its failure shows.
struct WriteCondition: Sendable {
  var expression: ConditionExpression?
  var showsItem: Bool

  init(_ expression: ConditionExpression?, _ request: OperationRequest) {
    self.expression = expression
    showsItem = request.string("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
  }

  init(_ expression: ConditionExpression?, showsItem: Bool) {
    self.expression = expression
    self.showsItem = showsItem
  }

  /// Throws when the item that is there does not satisfy the condition.
  func check(_ old: StoredItem?, _ item: Attributes?) throws(DynamoDBError) {
    guard let expression, !expression.isSatisfied(by: item ?? [:]) else { return }
    throw DynamoDBError(
      .conditionFailed, "The conditional request failed", item: showsItem ? old?.bytes : nil)
  }
}
