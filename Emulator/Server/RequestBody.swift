/// A request's body: here already, or coming in while it is read.
///
/// It is read once, by one task. A body that is not read fast enough stops the client; one that is
/// not read to its end closes the connection after the answer.
package struct RequestBody: Sendable {
  fileprivate enum Source: Sendable {
    case bytes([UInt8])
    case connection(Connection, exchange: UInt64)
  }

  fileprivate let source: Source
  private var earlyTrailers = HTTPHeaders()
  /// The length the client declared; nil for a chunked body.
  package let length: Int?

  package static let empty = RequestBody([])

  package init(_ bytes: [UInt8]) {
    source = .bytes(bytes)
    length = bytes.count
  }

  init(_ bytes: [UInt8], trailers: HTTPHeaders) {
    self.init(bytes)
    earlyTrailers = trailers
  }

  init(from connection: Connection, exchange: UInt64, length: Int?) {
    source = .connection(connection, exchange: exchange)
    self.length = length
  }

  /// The bytes, when all of them are here.
  package var bytes: [UInt8]? {
    if case .bytes(let bytes) = source { bytes } else { nil }
  }

  /// Reads to the end; throws `ServerError.bodyTooLong` when there is more than `limit` bytes.
  package func collect(upTo limit: Int) async throws -> [UInt8] {
    if case .bytes(let bytes) = source {
      guard bytes.count <= limit else { throw ServerError.bodyTooLong(limit: limit) }
      return bytes
    }
    guard length ?? 0 <= limit else { throw ServerError.bodyTooLong(limit: limit) }
    var all: [UInt8] = []
    for try await chunk in self {
      guard all.count + chunk.count <= limit else { throw ServerError.bodyTooLong(limit: limit) }
      if all.isEmpty { all = chunk } else { all += chunk }
    }
    return all
  }

  /// The fields behind a chunked body; empty before its end is read.
  package var trailers: HTTPHeaders {
    get async {
      guard case .connection(let connection, let exchange) = source else { return earlyTrailers }
      return await connection.trailers(of: exchange)
    }
  }
}

extension RequestBody: AsyncSequence {
  package typealias Element = [UInt8]

  package struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate var source: Source

    /// The next bytes, as many as are here; nil at the end.
    package mutating func next() async throws -> [UInt8]? {
      switch source {
      case .bytes(let bytes):
        source = .bytes([])
        return bytes.isEmpty ? nil : bytes
      case .connection(let connection, let exchange):
        return try await connection.nextChunk(of: exchange)
      }
    }
  }

  package func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(source: source)
  }
}
