import JSON
import Server

/// What stands before the bytes of a streamed answer: a JSON object with status, headers and
/// cookies, then eight NULs (Lambda developer guide, "Response streaming").
struct PreludeParser {
  static let contentType = "application/vnd.awslambda.http-integration-response"
  /// API Gateway allows 10,240 bytes of headers; more is no prelude.
  private static let longest = 16_384
  private var bytes: [UInt8] = []

  enum Progress: Equatable {
    case incomplete
    case malformed
    /// The head, and what of the body is there already.
    case complete(FunctionAnswer, rest: [UInt8])
  }

  mutating func append(_ more: [UInt8]) -> Progress {
    let start = max(0, bytes.count - 7)
    bytes += more
    guard let end = PreludeParser.end(of: bytes, from: start) else {
      return bytes.count > PreludeParser.longest ? .malformed : .incomplete
    }
    guard let head = FunctionAnswer.prelude(Array(bytes[..<end])) else { return .malformed }
    return .complete(head, rest: Array(bytes[(end + 8)...]))
  }

  private static func end(of bytes: [UInt8], from start: Int) -> Int? {
    var zeros = 0
    for index in start..<bytes.count {
      zeros = bytes[index] == 0 ? zeros + 1 : 0
      if zeros == 8 { return index - 7 }
    }
    return nil
  }
}
