import Glibc

/// A request in the making: its line and its fields.
struct RequestText {
  enum Method: String {
    case get = "GET"
    case post = "POST"
  }

  private var head: [UInt8] = []

  init(_ method: Method, _ path: String, host: String) {
    head.reserveCapacity(512)
    head += "\(method.rawValue) \(path) HTTP/1.1\r\nHost: \(host)\r\n".utf8
    head += "User-Agent: martlet-runtime\r\n".utf8
  }

  /// Adds a field. Control characters in the value, line ends above all, become blanks.
  func field(_ name: StaticString, _ value: some Sequence<UInt8>) -> RequestText {
    var copy = self
    name.withUTF8Buffer { copy.head.append(contentsOf: $0) }
    copy.head += ": ".utf8
    copy.head += value.lazy.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
    copy.head += "\r\n".utf8
    return copy
  }

  func field(_ name: StaticString, _ value: String) -> RequestText {
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
