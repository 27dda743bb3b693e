/// The key attributes of a table or an index, with their types.
struct KeySchema: Sendable {
  struct Attribute: Sendable {
    let name: ByteText
    let type: AttributeValue.TypeName
  }

  /// One for a table; a global index may have up to four of each.
  let partition: [Attribute]
  let sort: [Attribute]

  init(_ keys: [TableDefinition.Key], in definition: TableDefinition) {
    func attributes(_ isRange: Bool) -> [Attribute] {
      keys.filter { $0.isRange == isRange }.map {
        Attribute(name: $0.name, type: definition.type(of: $0.name) ?? .string)
      }
    }
    partition = attributes(false)
    sort = attributes(true)
  }

  var attributes: [Attribute] { partition + sort }

  var names: [ByteText] { attributes.map(\.name) }

  /// The bytes of several key values as one: each but the last is ended by two zeros, a zero inside
  /// is followed by FF, so that the order of the whole is that of the parts.
  static func joined(_ parts: [[UInt8]]) -> [UInt8] {
    guard parts.count > 1 else { return parts.first ?? [] }
    var joined: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if index == parts.count - 1 {
        joined += part
      } else {
        joined += escaped(part) + [0, 0]
      }
    }
    return joined
  }

  static func escaped(_ part: [UInt8]) -> [UInt8] {
    part.flatMap { $0 == 0 ? [0, 0xFF] : [$0] }
  }

  /// The bytes of one half of a key; nil when an attribute is absent or has another type.
  static func bytes(_ attributes: [Attribute], of item: Attributes) -> [UInt8]? {
    if attributes.count == 1 {
      guard let value = item[attributes[0].name], value.type == attributes[0].type else {
        return nil
      }
      return KeyBytes.encode(value)
    }
    var parts: [[UInt8]] = []
    for attribute in attributes {
      guard let value = item[attribute.name], value.type == attribute.type,
        let bytes = KeyBytes.encode(value)
      else { return nil }
      parts.append(bytes)
    }
    return joined(parts)
  }
}

/// A primary key in the form in which the store compares it.
struct ItemKey: Hashable, Sendable {
  let place: Int
  let partition: [UInt8]
  let sort: [UInt8]

  init(partition: [UInt8], sort: [UInt8]) {
    place = KeyBytes.place(of: partition)
    self.partition = partition
    self.sort = sort
  }
}

/// Limits and texts for key values.
enum KeyRules {
  static let partitionLimit = 2048
  static let sortLimit = 1024

  /// The key of an item that is to be stored.
  static func key(of item: Attributes, _ schema: KeySchema) throws(DynamoDBError) -> ItemKey {
    for attribute in schema.attributes {
      guard let value = item[attribute.name] else {
        throw .invalid("Missing the key \(attribute.name) in the item")
      }
      guard value.type == attribute.type else {
        throw .invalid(
          "Type mismatch for key \(attribute.name) expected: \(attribute.type.rawValue) "
            + "actual: \(value.type.rawValue)")
      }
      try checkNotEmpty(value, "Key: \(attribute.name)")
    }
    return try checkedKey(item, schema)
  }

  /// A key that names an item: exactly the key's attributes, with their types.
  static func key(named key: Attributes, _ schema: KeySchema) throws(DynamoDBError) -> ItemKey {
    guard key.count == schema.attributes.count else { throw .keyMismatch }
    for attribute in schema.attributes {
      guard let value = key[attribute.name], value.type == attribute.type else {
        throw .keyMismatch
      }
      try checkNotEmpty(value, "Key: \(attribute.name)")
    }
    return try checkedKey(key, schema)
  }

  private static func checkedKey(
    _ item: Attributes, _ schema: KeySchema
  ) throws(DynamoDBError) -> ItemKey {
    guard let partition = KeySchema.bytes(schema.partition, of: item),
      let sort = KeySchema.bytes(schema.sort, of: item)
    else { throw .keyMismatch }
    // The service's text has no space before the number.
    guard partition.count <= partitionLimit else {
      throw .invalid(
        "Size of hashkey has exceeded the maximum size limit of\(partitionLimit) bytes")
    }
    guard sort.count <= sortLimit else {
      throw .invalid(
        "Aggregated size of all range keys has exceeded the size limit of \(sortLimit) bytes")
    }
    return ItemKey(partition: partition, sort: sort)
  }

  private static func checkNotEmpty(
    _ value: AttributeValue, _ place: String
  ) throws(DynamoDBError) {
    guard let kind = emptyKind(of: value) else { return }
    throw .validation(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        + "contain an empty \(kind) value. \(place)")
  }

  static func emptyKind(of value: AttributeValue) -> String? {
    switch value {
    case .string(let text) where text.isEmpty: "string"
    case .binary(let bytes) where bytes.isEmpty: "binary"
    default: nil
    }
  }
}
