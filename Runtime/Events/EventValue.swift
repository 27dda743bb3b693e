/// A JSON value inside an event whose shape its sender chooses: authorizer contexts, details.
public enum EventValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([EventValue])
  case object([String: EventValue])

  /// The text of a string; nil for every other type.
  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// A member of an object; nil for every other type.
  public subscript(name: String) -> EventValue? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }
}

extension EventValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([EventValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: EventValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension EventValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  public init(stringLiteral text: String) {
    self = .string(text)
  }

  public init(integerLiteral number: Int) {
    self = .integer(number)
  }

  public init(booleanLiteral value: Bool) {
    self = .boolean(value)
  }
}
