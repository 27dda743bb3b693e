extension AttributeValue: Codable {
  private enum CodingKeys: String, CodingKey {
    case string = "S"
    case number = "N"
    case binary = "B"
    case boolean = "BOOL"
    case null = "NULL"
    case list = "L"
    case map = "M"
    case stringSet = "SS"
    case numberSet = "NS"
    case binarySet = "BS"
  }

  /// Reads the one member of the object; members that are null do not count.
  ///
  /// Throws `DecodingError` when there is none, more than one, or an unknown type name.
  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    var names = object.allKeys
    if names.count > 1 {
      names = try names.filter { try !object.decodeNil(forKey: $0) }
    }
    guard let name = names.first, names.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "an attribute value has exactly one type, this has \(names.count)"))
    }
    switch name {
    case .string: self = .string(try object.decode(String.self, forKey: name))
    case .number: self = .number(try object.decode(String.self, forKey: name))
    case .boolean: self = .boolean(try object.decode(Bool.self, forKey: name))
    case .list: self = .list(try object.decode([AttributeValue].self, forKey: name))
    case .map: self = .map(try object.decode([String: AttributeValue].self, forKey: name))
    case .stringSet: self = .stringSet(try object.decode(Set<String>.self, forKey: name))
    case .numberSet: self = .numberSet(try object.decode(Set<String>.self, forKey: name))
    case .binary: self = .binary(try object.decode(Base64Bytes.self, forKey: name).bytes)
    case .binarySet:
      let members = try object.decode([Base64Bytes].self, forKey: name)
      self = .binarySet(Set(members.map(\.bytes)))
    case .null:
      guard try object.decode(Bool.self, forKey: name) else {
        throw DecodingError.dataCorruptedError(
          forKey: name, in: object, debugDescription: "NULL is true or absent")
      }
      self = .null
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .string(let text): try object.encode(text, forKey: .string)
    case .number(let text): try object.encode(text, forKey: .number)
    case .binary(let bytes): try object.encode(Base64Bytes(bytes), forKey: .binary)
    case .boolean(let value): try object.encode(value, forKey: .boolean)
    case .null: try object.encode(true, forKey: .null)
    case .list(let elements): try object.encode(elements, forKey: .list)
    case .map(let members): try object.encode(members, forKey: .map)
    case .stringSet(let members): try object.encode(members.sorted(), forKey: .stringSet)
    case .numberSet(let members): try object.encode(members.sorted(), forKey: .numberSet)
    case .binarySet(let members):
      let sorted = members.sorted { $0.lexicographicallyPrecedes($1) }
      try object.encode(sorted.map(Base64Bytes.init), forKey: .binarySet)
    }
  }
}
