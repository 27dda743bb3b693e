import JSON
import Synchronization

/// The newest requests to the stand-ins, so that a test can read what a client really sent.
final class RequestLog: Sendable {
  /// Older requests are forgotten.
  private static let mostRequests = 500
  /// Bytes of a body that are kept.
  private static let longestBody = 256 * 1024

  struct Entry: Sendable {
    var method: String
    var path: String
    /// Without the values that open doors.
    var headers: [(name: String, value: String)]
    var body: [UInt8]
  }

  private let entries = Mutex<[Entry]>([])

  func add(_ entry: Entry) {
    var entry = entry
    if entry.body.count > Self.longestBody {
      entry.body = Array(entry.body.prefix(Self.longestBody))
    }
    entries.withLock { entries in
      if entries.count >= Self.mostRequests { entries.removeFirst() }
      entries.append(entry)
    }
  }

  func clear() { entries.withLock { $0.removeAll() } }

  /// `{"requests": [{"method", "path", "headers", "body"}]}`, oldest first. A body that is JSON is shown as such.
  func document() -> JSONValue {
    let kept = entries.withLock { $0 }
    return ["requests": .array(kept.map(Self.shown))]
  }

  private static let secrets: Set<String> = [
    "authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "x-amz-security-token",
  ]

  private static func shown(_ entry: Entry) -> JSONValue {
    let headers = entry.headers.map { header -> (String, JSONValue) in
      let name = header.name.lowercased()
      return (name, .string(secrets.contains(name) ? "(hidden)" : header.value))
    }
    let parsed = try? JSONValue(parsing: entry.body)
    return [
      "method": .string(entry.method), "path": .string(entry.path),
      "headers": .object(JSONObject(headers)),
      "body": parsed ?? text(entry.body),
    ]
  }

  /// A recording is no text: only its length is shown.
  private static func text(_ body: [UInt8]) -> JSONValue {
    .string(body.contains(0) ? "(\(body.count) bytes)" : String(decoding: body, as: UTF8.self))
  }
}
