import CLoop

/// How an answer's body is delimited.
enum ResponseFraming: Equatable {
  /// Neither a body nor a length: 204, 304, 1xx.
  case none
  case length(Int)
  case chunked
  /// By the end of the connection, for HTTP/1.0.
  case untilClose
}

/// Writes status line and header fields.
struct ResponseHead {
  var status: Int
  var headers: HTTPHeaders
  var framing: ResponseFraming
  var version: HTTPVersion
  var keepsAlive: Bool

  func write(to output: inout [UInt8], date: [UInt8]) {
    output.append(contentsOf: StatusLine.bytes(for: status))
    headers.write(to: &output)
    if !headers.contains("Date") { output.append(contentsOf: date) }
    switch framing {
    case .none, .untilClose: break
    case .length(let length):
      output.append(contentsOf: "Content-Length: ".utf8)
      output.append(decimal: length)
      output.append(contentsOf: "\r\n".utf8)
    case .chunked: output.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
    }
    if !keepsAlive {
      output.append(contentsOf: "Connection: close\r\n".utf8)
    } else if version == .http10 {
      output.append(contentsOf: "Connection: keep-alive\r\n".utf8)
    }
    output.append(contentsOf: "\r\n".utf8)
  }

  /// RFC 9112 §6.3: these never have a body.
  static func hasBody(_ status: Int) -> Bool {
    status >= 200 && status != 204 && status != 304
  }
}

extension [UInt8] {
  /// Appends a number that is not negative in decimal digits.
  mutating func append(decimal number: Int) {
    if number >= 10 { append(decimal: number / 10) }
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }

  /// Appends a number that is not negative in hexadecimal digits.
  mutating func append(hexadecimal number: Int) {
    if number >= 16 { append(hexadecimal: number / 16) }
    let digit = UInt8(truncatingIfNeeded: number % 16)
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }
}

/// The `Date` line, written anew once a second. Used on the loop's thread only.
final class DateLine {
  private var second: Int64 = 0
  private var renewAt: Int64 = .min
  private var line: [UInt8] = []

  /// `now` are the loop's monotonic milliseconds.
  func bytes(at now: Int64) -> [UInt8] {
    if now >= renewAt {
      renewAt = now + 250
      let wall = loop_wall_clock()
      if wall != second {
        second = wall
        line = Array("Date: ".utf8) + HTTPDate.bytes(wall) + [0x0d, 0x0a]
      }
    }
    return line
  }
}

/// Dates as HTTP writes them (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
  /// `seconds` since 1970.
  package static func text(_ seconds: Int64) -> String {
    String(decoding: bytes(seconds), as: UTF8.self)
  }

  static func bytes(_ seconds: Int64) -> [UInt8] {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 29) { text in
      loop_http_date(seconds, text.baseAddress)
      return text.map { UInt8(bitPattern: $0) }
    }
  }
}

/// Status lines with the reason phrases of RFC 9110 §15.
enum StatusLine {
  private static let reasons: [Int: String] = [
    100: "Continue", 101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted",
    203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content",
    206: "Partial Content", 207: "Multi-Status", 300: "Multiple Choices",
    301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
    401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
    410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
    414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable",
    417: "Expectation Failed", 421: "Misdirected Request", 422: "Unprocessable Content",
    424: "Failed Dependency", 426: "Upgrade Required", 428: "Precondition Required",
    429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  ]

  private static let lines = reasons.reduce(into: [Int: [UInt8]]()) { lines, entry in
    lines[entry.key] = line(entry.key, entry.value)
  }

  static func bytes(for status: Int) -> [UInt8] {
    lines[status] ?? line(status, "")
  }

  private static func line(_ status: Int, _ reason: String) -> [UInt8] {
    Array("HTTP/1.1 \(status) \(reason)\r\n".utf8)
  }
}
