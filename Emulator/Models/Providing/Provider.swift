import JSON

/// One provider's protocol: reads its requests, writes its answers, words its errors.
protocol Provider: Sendable {
  /// As scripts name it: `openai`.
  var name: String { get }

  /// Why the request's credentials are refused; nil lets it pass.
  func check(_ request: ProviderRequest) -> Problem?

  /// `perform` has a model answer a task.
  func answer(
    _ request: ProviderRequest, _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer

  func refusal(_ problem: Problem, _ request: ProviderRequest) -> ProviderAnswer
}

/// A request below a provider's base path.
struct ProviderRequest: Sendable {
  var method: String
  /// The segments of the path, percent-decoded after splitting: an ARN's `%2F` stays in its segment.
  var segments: [String]
  var query: [String: String]
  var header: @Sendable (String) -> String?
  var body: [UInt8]

  /// Bytes of the longest body that is read.
  static let longestBody = 32 * 1024 * 1024

  /// The body as a JSON object.
  func object() throws(Problem) -> JSONValue {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: body, limits: JSONLimits(bytes: Self.longestBody))
    } catch {
      throw Problem(.invalid, "The body is not valid JSON: \(error)")
    }
    guard value.object != nil else { throw Problem(.invalid, "The body has to be a JSON object.") }
    return value
  }

  /// Throws for every member that is not named: ignoring a parameter would be a quiet lie.
  static func refuseOthers(than known: Set<String>, in object: JSONValue) throws(Problem) {
    for key in object.object?.keys ?? [] where !known.contains(key) {
      throw Problem(.invalid, "Unknown parameter: '\(key)'.", parameter: key)
    }
  }

  func token() -> String? {
    guard let value = header("Authorization"), value.lowercased().hasPrefix("bearer ") else {
      return nil
    }
    return value.dropFirst(7).drop { $0 == " " }.description
  }

  /// The key and model conventions that all stand-ins share.
  static let badKey = "invalid"

  static func checkModel(_ name: String) throws(Problem) {
    guard !name.contains("no-such-model") else {
      throw Problem(
        .unknownModel, "The model `\(name)` does not exist or you do not have access to it.",
        parameter: "model")
    }
  }
}

/// Percent-decoding of one segment or value; a broken escape stays as it is.
enum Percent {
  static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    var bytes: [UInt8] = []
    let utf8 = Array(text.utf8)
    var index = 0
    while index < utf8.count {
      let byte = utf8[index]
      if byte == UInt8(ascii: "%"), index + 2 < utf8.count,
        let high = digit(utf8[index + 1]), let low = digit(utf8[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func query(_ text: String?) -> [String: String] {
    var values: [String: String] = [:]
    for pair in (text ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? decoded(parts[1], plusIsSpace: true) : ""
      values[decoded(parts[0], plusIsSpace: true)] = value
    }
    return values
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
