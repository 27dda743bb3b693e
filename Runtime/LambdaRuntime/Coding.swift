import FoundationEssentials

/// JSON for typed handlers. Made at the first use: a cold start decodes nothing.
enum Coding {
  private static let decoder = JSONDecoder()
  private static let encoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return encoder
  }()

  static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    do {
      return try decoder.decode(type, from: Data(bytes))
    } catch {
      throw CodingFailure.event(description(of: error))
    }
  }

  static func encode(_ value: some Encodable) throws -> [UInt8] {
    do {
      return [UInt8](try encoder.encode(value))
    } catch {
      throw CodingFailure.response(description(of: error))
    }
  }

  /// Where in the value it went wrong, and how; never a part of the value itself.
  private static func description(of error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "\(path(context.codingPath + [key])) is missing"
    case DecodingError.typeMismatch(let type, let context):
      "\(path(context.codingPath)) is not of type \(type)"
    case DecodingError.valueNotFound(_, let context):
      "\(path(context.codingPath)) is null"
    case DecodingError.dataCorrupted(let context):
      "\(path(context.codingPath)): \(context.debugDescription)"
    case EncodingError.invalidValue(_, let context):
      "\(path(context.codingPath)): \(context.debugDescription)"
    default:
      String(describing: error)
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("$") { path, key in
      key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
    }
  }
}

/// An event that does not fit its handler, or a response that cannot be JSON.
enum CodingFailure: FunctionError, Equatable {
  case event(String)
  case response(String)

  var errorType: String {
    switch self {
    case .event: "Runtime.UnmarshalError"
    case .response: "Runtime.MarshalError"
    }
  }

  var errorMessage: String {
    switch self {
    case .event(let what): "the event does not fit: \(what)"
    case .response(let what): "the response cannot be encoded: \(what)"
    }
  }
}
