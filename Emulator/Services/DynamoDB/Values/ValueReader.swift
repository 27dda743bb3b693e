import Crypto
import JSON

/// Why a value of a request cannot be used; the texts are the service's.
struct ValueError: Error, Equatable {
  let message: String
  /// PutItem and UpdateItem put some of these into the envelope of gathered violations.
  var isEnveloped = false

  private static let prefix = "One or more parameter values were invalid: "

  static func invalid(_ text: String) -> ValueError {
    ValueError(message: prefix + text, isEnveloped: true)
  }

  static let empty = ValueError(
    message: "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
  )
  static let ambiguous = ValueError(
    message: "Supplied AttributeValue has more than one datatypes set, "
      + "must contain exactly one of the supported datatypes")
  static let tooDeep = ValueError(
    message: "Nesting Levels have exceeded supported limits: "
      + "Attributes in the item have nested levels beyond supported limit")
  static let falseNull = invalid("Null attribute value types must have the value of true")
}

/// Reads attribute values from the wire form `{"S": "text"}`; the JSON types were checked before.
enum ValueReader {
  /// Levels of nesting of an item (developer guide, "Quotas").
  static let depthLimit = 32

  /// Reads the members of an object of attribute values: an item, a key, a map.
  static func attributes(_ node: JSONNode, depth: Int = 0) throws(ValueError) -> Attributes {
    var attributes = Attributes()
    guard let members = node.members else { return attributes }
    attributes.reserveCapacity(node.count)
    for member in members where !member.value.isNull {
      attributes.append(ByteText(member.key), try value(member.value, depth: depth))
    }
    return attributes
  }

  static func value(_ node: JSONNode, depth: Int = 0) throws(ValueError) -> AttributeValue {
    guard depth < depthLimit else { throw .tooDeep }
    var found: AttributeValue?
    var count = 0
    guard let members = node.members else { throw .empty }
    for member in members where !member.value.isNull {
      guard let value = try typed(member, depth: depth) else { continue }
      found = value
      count += 1
    }
    guard let found else { throw .empty }
    guard count == 1 else { throw .ambiguous }
    return found
  }

  /// The value of one type member; nil for a member that names no type.
  private static func typed(
    _ member: JSONMember, depth: Int
  ) throws(ValueError) -> AttributeValue? {
    let (name, node) = (member.name, member.value)
    if name.isString("S") { return .string(ByteText(node.string ?? "")) }
    if name.isString("N") { return .number(try number(node)) }
    if name.isString("M") { return .map(try attributes(node, depth: depth + 1)) }
    if name.isString("L") {
      var values: [AttributeValue] = []
      values.reserveCapacity(node.count)
      if let elements = node.elements {
        for element in elements { values.append(try value(element, depth: depth + 1)) }
      }
      return .list(values)
    }
    if name.isString("BOOL") { return .bool(bool(node)) }
    if name.isString("NULL") {
      guard bool(node) else { throw .falseNull }
      return .null
    }
    if name.isString("B") { return .binary(binary(node)) }
    return try set(member)
  }

  private static func set(_ member: JSONMember) throws(ValueError) -> AttributeValue? {
    let (name, node) = (member.name, member.value)
    if name.isString("SS") {
      guard node.count > 0 else { throw .invalid("An string set  may not be empty") }
      let texts = node.elements.map { $0.map { ByteText($0.string ?? "") } } ?? []
      guard Set(texts).count == texts.count else {
        let list = texts.map(\.string).joined(separator: ", ")
        throw .invalid("Input collection [\(list)] contains duplicates.")
      }
      return .stringSet(texts)
    }
    if name.isString("NS") {
      guard node.count > 0 else { throw .invalid("An number set  may not be empty") }
      var numbers: [DecimalNumber] = []
      if let elements = node.elements {
        for element in elements { numbers.append(try number(element)) }
      }
      guard Set(numbers).count == numbers.count else {
        throw ValueError(message: "Input collection contains duplicates", isEnveloped: true)
      }
      return .numberSet(numbers)
    }
    if name.isString("BS") {
      guard node.count > 0 else { throw .invalid("Binary sets should not be empty") }
      let members = node.elements.map { $0.map { binary($0) } } ?? []
      guard Set(members).count == members.count else {
        let list = members.map { Base64.standard.encode($0) }.joined(separator: ", ")
        throw .invalid("Input collection [\(list)]of type BS contains duplicates.")
      }
      return .binarySet(members)
    }
    return nil
  }

  private static func number(_ node: JSONNode) throws(ValueError) -> DecimalNumber {
    do throws(NumberError) {
      return try DecimalNumber(node.string ?? "")
    } catch {
      throw ValueError(message: error.message)
    }
  }

  private static func bool(_ node: JSONNode) -> Bool { node.bool ?? false }

  /// Base64 that the check of types found sound.
  private static func binary(_ node: JSONNode) -> [UInt8] {
    Base64.standard.decode(node.string ?? "") ?? []
  }
}

extension Attributes {
  /// Reads an item from its stored bytes, which this service wrote itself.
  init(stored bytes: [UInt8]) throws {
    let limits = JSONLimits(depth: 4 * ValueReader.depthLimit)
    self = try ValueReader.attributes(try JSONDocument(bytes, limits: limits).root)
  }
}
