import Glibc

/// A request in the making: its line and its fields.
struct RequestText {
  enum Method: String {
    case get = "GET"
    case post = "POST"
  }

  private var head: [UInt8] = []

  /// `path` comes in parts, which are joined.
  init(_ method: Method, _ path: String..., host: String) {
    head.reserveCapacity(512)
    head += method.rawValue.utf8
    head.append(0x20)
    for part in path { head += part.utf8 }
    head += " HTTP/1.1\r\nHost: ".utf8
    head += host.utf8
    head += "\r\nUser-Agent: martlet-runtime\r\n".utf8
  }

  /// Adds a field. Control characters in the value, line ends above all, become blanks.
  consuming func field(_ name: StaticString, _ value: some Sequence<UInt8>) -> RequestText {
    name.withUTF8Buffer { head.append(contentsOf: $0) }
    head += ": ".utf8
    let start = head.count
    head += value
    for place in start..<head.count where head[place] < 0x20 || head[place] == 0x7F {
      head[place] = 0x20
    }
    head += "\r\n".utf8
    return self
  }

  consuming func field(_ name: StaticString, _ value: String) -> RequestText {
    field(name, value.utf8)
  }

  /// A request without a body, or the head of one in chunks.
  func bytes() -> [UInt8] {
    head + Array("\r\n".utf8)
  }

  /// The whole request.
  func write(body: [UInt8], into output: inout [UInt8]) {
    output.removeAll(keepingCapacity: true)
    output.reserveCapacity(head.count + body.count + 64)
    output += head
    output += "Content-Length: ".utf8
    output += String(body.count).utf8
    output += "\r\n\r\n".utf8
    output += body
  }
}

/// Waiting on a thread that is ours.
enum Pause {
  static func sleep(_ duration: Duration) {
    let parts = duration.components
    var left = timespec(
      tv_sec: Int(parts.seconds), tv_nsec: Int(parts.attoseconds / 1_000_000_000))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
  }
}
