import Crypto
import JSON

/// The first check of a request: does each member have the JSON type that the model states? A wrong
/// type is a SerializationException with one of a few texts, which depend on both types.
enum TypeCheck {
  /// Where a value stands decides how a wrong one is called.
  enum Place {
    case member
    case element
  }

  static func check(
    _ node: JSONNode, _ shape: ModelShape, at place: Place = .member
  ) throws(DynamoDBError) {
    if node.isNull { return }
    switch shape {
    case .string, .enumeration, .tableReference: try scalar(node, .string, "String")
    case .integer: try scalar(node, .number, "Integer")
    case .long: try scalar(node, .number, "Long")
    case .boolean: try scalar(node, .bool, "Boolean")
    case .blob: try blob(node)
    case .attributeValue: try attributeValue(node, at: place)
    case .list(let element, _):
      try collection(node, .array, shape, at: place)
      if let elements = node.elements {
        for inner in elements { try check(inner, element, at: .element) }
      }
    case .map(_, let value, _):
      try collection(node, .object, shape, at: place)
      if let members = node.members {
        for member in members { try check(member.value, value, at: .element) }
      }
    case .structure(let structure):
      try object(node, shape.className, at: place)
      guard let members = node.members else { return }
      for member in members {
        if let known = structure.members.first(where: { member.name.isString($0.name) }) {
          try check(member.value, known.shape)
        }
      }
    }
  }

  private static func scalar(
    _ node: JSONNode, _ kind: JSONKind, _ name: String
  ) throws(DynamoDBError) {
    if node.kind == kind { return }
    switch node.kind {
    case .array: throw .serialization("Unrecognized collection type class java.lang.\(name)")
    case .object: throw .serialization("Start of structure or map found where not expected")
    case .string where kind == .bool:
      throw .serialization("Unexpected token received from parser")
    default: throw .serialization("\(token(of: node)) cannot be converted to \(name)")
    }
  }

  private static func token(of node: JSONNode) -> String {
    switch node.kind {
    case .bool: node.bool == true ? "TRUE_VALUE" : "FALSE_VALUE"
    case .number:
      node.source.contains { $0 == 0x2E || $0 | 0x20 == 0x65 } ? "DECIMAL_VALUE" : "NUMBER_VALUE"
    default: "STRING_VALUE"
    }
  }

  /// A value that must be an object with known members.
  private static func object(
    _ node: JSONNode, _ className: String, at place: Place
  ) throws(DynamoDBError) {
    switch node.kind {
    case .object: return
    case .array: throw .serialization("Unrecognized collection type class \(className)")
    default: throw .serialization(scalarFound(at: place))
    }
  }

  private static func scalarFound(at place: Place) -> String {
    place == .member ? "Unexpected field type" : "Unexpected value type in payload"
  }

  private static func collection(
    _ node: JSONNode, _ kind: JSONKind, _ shape: ModelShape, at place: Place
  ) throws(DynamoDBError) {
    if node.kind == kind { return }
    // Inside another collection the service fails while it looks at its own generic type.
    if place == .element { throw .serialization(genericCast) }
    switch node.kind {
    case .object: throw .serialization("Start of structure or map found where not expected")
    case .array: throw .serialization("Unrecognized collection type \(shape.className)")
    default: throw .serialization("Unexpected field type")
    }
  }

  private static let genericCast = """
    class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class \
    java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and \
    java.lang.Class are in module java.base of loader 'bootstrap')
    """

  private static func blob(_ node: JSONNode) throws(DynamoDBError) {
    switch node.kind {
    case .string: break
    case .array: throw .serialization("Unrecognized collection type class java.nio.ByteBuffer")
    case .object: throw .serialization("Start of structure or map found where not expected")
    default: throw .serialization("only base-64-encoded strings are convertible to bytes")
    }
    let text = node.string ?? ""
    guard Base64.standard.decode(text) == nil else { return }
    guard text.utf8.count % 4 == 0 else {
      throw .serialization(
        "Base64 encoded length is expected a multiple of 4 bytes but found: \(text.utf8.count)")
    }
    let alphabet = text.drop {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/")
    }
    if let odd = alphabet.first(where: { $0 != "=" }) {
      throw .serialization("Invalid Base64 character: '\(odd)'")
    }
    throw .serialization("Invalid last non-pad Base64 character dectected")
  }
}

// MARK: - Attribute values

extension TypeCheck {
  private static func attributeValue(
    _ node: JSONNode, at place: Place
  ) throws(DynamoDBError) {
    try object(node, ModelShape.attributeValue.className, at: place)
    guard let members = node.members else { return }
    for member in members {
      let value = member.value
      if value.isNull { continue }
      switch AttributeValue.TypeName(of: member.name) {
      case .string, .number: try scalar(value, .string, "String")
      case .binary: try blob(value)
      case .bool: try scalar(value, .bool, "Boolean")
      case .null where value.kind == .string: break
      case .null: try scalar(value, .bool, "Boolean")
      case .stringSet, .numberSet: try check(value, stringList)
      case .binarySet: try check(value, blobList)
      case .list: try check(value, valueList)
      case .map: try check(value, valueMap)
      case nil: break
      }
    }
  }

  private static let stringList = ModelShape.list(.string(.open, isName: false), .open)
  private static let blobList = ModelShape.list(.blob, .open)
  private static let valueList = ModelShape.list(.attributeValue, .open)
  private static let valueMap = ModelShape.map(
    .string(.open, isName: false), .attributeValue, .open)
}

extension AttributeValue.TypeName {
  /// The type that a member's name stands for. Looked at byte by byte, since this runs for each
  /// attribute of each request.
  init?(of name: JSONNode) {
    let source = name.source
    let first = source.startIndex + 1
    switch source.count {
    case 3:
      switch source[first] {
      case UInt8(ascii: "S"): self = .string
      case UInt8(ascii: "N"): self = .number
      case UInt8(ascii: "B"): self = .binary
      case UInt8(ascii: "M"): self = .map
      case UInt8(ascii: "L"): self = .list
      default: return nil
      }
    case 4 where source[first + 1] == UInt8(ascii: "S"):
      switch source[first] {
      case UInt8(ascii: "S"): self = .stringSet
      case UInt8(ascii: "N"): self = .numberSet
      case UInt8(ascii: "B"): self = .binarySet
      default: return nil
      }
    default:
      guard let text = name.string else { return nil }
      self.init(rawValue: text)
    }
  }
}
