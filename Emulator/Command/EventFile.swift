import Glibc
import JSON

/// An event from a file or standard input, as `martlet invoke` takes it.
struct EventFile {
  /// Stand in an event for tokens of the user `developer`, so that event files hold no secret.
  static let userMark = "MARTLET_TOKEN"
  static let adminMark = "MARTLET_ADMIN_TOKEN"
  private static let limit = 6 * 1024 * 1024

  private let bytes: [UInt8]
  /// `requestContext` of an event that comes over an open WebSocket.
  private let openContext: JSONObject?

  /// Reads and checks it. A mistake in the JSON is told by file, line and column.
  init(_ path: String) throws(ProjectError) {
    let name = path == "-" ? "standard input" : path
    do {
      bytes = try Files.contents(of: path, limit: Self.limit)
    } catch {
      throw ProjectError(description: "\(name) \(error)")
    }
    do {
      let context = try JSONValue(parsing: bytes)["requestContext"]?.object
      let isOpen = context?["connectionId"] != nil && context?["routeKey"] != "$connect"
      openContext = isOpen ? context : nil
    } catch {
      throw ProjectError(
        description: "\(name), line \(error.line), column \(error.column): \(error.reason)")
    }
  }

  /// The event with every mark replaced by a token.
  func bytes(user: String, admin: String) -> [UInt8] {
    Self.replace(Self.userMark, by: user, in: Self.replace(Self.adminMark, by: admin, in: bytes))
  }

  private static func replace(_ mark: String, by token: String, in bytes: [UInt8]) -> [UInt8] {
    let (mark, token) = (Array(mark.utf8), Array(token.utf8))
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var rest = bytes[...]
    while let place = rest.firstRange(of: mark) {
      result += rest[..<place.lowerBound]
      result += token
      rest = rest[place.upperBound...]
    }
    return result + rest
  }

  /// The `$connect` event that came before this one, a moment ago and with a token; nil for an event
  /// that needs no open connection.
  func opening(token: String) -> [UInt8]? {
    guard var context = openContext else { return nil }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = JSONValue.int(time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    context["routeKey"] = "$connect"
    context["eventType"] = "CONNECT"
    context["connectedAt"] = now
    context["requestTimeEpoch"] = now
    context["messageId"] = nil
    let token: JSONValue = .string("Bearer " + token)
    let event: JSONValue = [
      "headers": ["Authorization": token], "multiValueHeaders": ["Authorization": [token]],
      "requestContext": .object(context), "isBase64Encoded": false,
    ]
    return event.encoded()
  }
}
