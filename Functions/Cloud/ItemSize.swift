package import Events

/// How large items are, as DynamoDB counts.
///
/// Source: DynamoDB developer guide, "DynamoDB item sizes and formats": names and texts in bytes of
/// UTF-8, lists and maps three bytes and one for each member. Numbers are counted by their digits,
/// which is a little more than DynamoDB takes for most of them.
package enum ItemSize {
  /// Bytes that an item has at the most, names included (DynamoDB developer guide, "Service quotas").
  package static let limit = 400 * 1_024

  package static func bytes(of item: Item) -> Int {
    item.reduce(0) { $0 + $1.key.utf8.count + bytes(of: $1.value) }
  }

  package static func bytes(of value: AttributeValue) -> Int {
    switch value {
    case .string(let text): text.utf8.count
    case .number(let digits): digits.utf8.count / 2 + 2
    case .binary(let bytes): bytes.count
    case .boolean, .null: 1
    case .list(let elements): elements.reduce(3) { $0 + 1 + bytes(of: $1) }
    case .map(let members): 3 + members.count + bytes(of: members)
    case .stringSet(let members): members.reduce(0) { $0 + $1.utf8.count }
    case .numberSet(let members): members.reduce(0) { $0 + $1.utf8.count / 2 + 2 }
    case .binarySet(let members): members.reduce(0) { $0 + $1.count }
    }
  }
}
