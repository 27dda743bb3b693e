import CLoop
import Glibc

/// What a handler makes of a request.
package enum HTTPAnswer: Sendable {
  case response(HTTPResponse)
  /// Accepts the upgrade; only for a request that `wantsWebSocket`.
  case webSocket(WebSocketUpgrade)
}

/// An answer. `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the server's;
/// only `Connection: close` among the headers is heeded.
package struct HTTPResponse: Sendable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: ResponseBody

  package init(status: Int, headers: HTTPHeaders = [:], body: ResponseBody = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// An answer with a text body.
  package init(
    status: Int, text: String, type: String = "text/plain; charset=utf-8",
    headers: HTTPHeaders = [:]
  ) {
    self.init(status: status, headers: headers, body: .bytes(Array(text.utf8)))
    self.headers["Content-Type"] = type
  }
}

package enum ResponseBody: Sendable {
  case bytes([UInt8])
  /// Written while the client reads: with a length as it is, without one in chunks. Not called
  /// for HEAD. Throwing, or writing another number of bytes, ends the connection, so that the
  /// client sees that the answer is incomplete.
  case stream(length: Int?, _ produce: @Sendable (ResponseWriter) async throws -> Void)
  case file(FileBody)
}

/// Writes a streamed answer.
package struct ResponseWriter: Sendable {
  let connection: Connection
  let exchange: UInt64

  /// Sends bytes; waits while the client is behind, throws `ServerError.disconnected` once it is
  /// gone and `CancellationError` when the task is cancelled while it waits.
  package func write(_ bytes: [UInt8]) async throws {
    try await connection.write(bytes, for: exchange)
  }

  package func write(_ text: String) async throws {
    try await write(Array(text.utf8))
  }

  /// Fields to send behind a chunked body.
  package func setTrailers(_ trailers: HTTPHeaders) async throws {
    try await connection.setTrailers(trailers, for: exchange)
  }
}

/// A part of an open file. The file stays readable when it is replaced or removed meanwhile.
package final class FileBody: Sendable {
  let descriptor: Int32
  let offset: Int64
  package let length: Int
  /// The length of the whole file.
  package let size: Int

  /// Opens a regular file; `range` is cut to what is there, nil means all of it.
  package init(path: String, range: Range<Int>? = nil) throws(ServerError) {
    var size: Int64 = 0
    descriptor = loop_open_file(path, &size)
    self.size = Int(size)
    let part = (range ?? 0..<Int(size)).clamped(to: 0..<Int(size))
    offset = Int64(part.lowerBound)
    length = part.count
    guard descriptor >= 0 else { throw .unreadable(path: path, code: -descriptor) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }
}
