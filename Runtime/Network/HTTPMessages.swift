/// Header fields in their order; names match in any case.
package struct HeaderFields: Sendable, ExpressibleByDictionaryLiteral {
  package typealias Field = (name: String, value: String)

  package private(set) var fields: [Field]

  package init(_ fields: [Field] = []) { self.fields = fields }

  package init(dictionaryLiteral fields: (String, String)...) {
    self.fields = fields.map { (name: $0.0, value: $0.1) }
  }

  /// The first value of a field. Setting replaces all of its values.
  package subscript(name: String) -> String? {
    get { fields.first { HeaderFields.isSame($0.name, name) }?.value }
    set {
      fields.removeAll { HeaderFields.isSame($0.name, name) }
      if let newValue { fields.append((name, newValue)) }
    }
  }

  package mutating func add(_ name: String, _ value: String) {
    // Room for those of most messages at once.
    if fields.isEmpty { fields.reserveCapacity(8) }
    fields.append((name, value))
  }

  /// All values of a field, in order.
  package func values(_ name: String) -> [String] {
    fields.filter { HeaderFields.isSame($0.name, name) }.map(\.value)
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count
      && zip(one.utf8, other.utf8).allSatisfy { lowercase($0) == lowercase($1) }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
  }
}

/// The body of a request.
package enum ClientBody: Sendable {
  case none
  case bytes([UInt8])
  /// Pieces as they are asked for, nil at the end. Without a length the body is sent in chunks.
  case stream(length: Int?, next: @Sendable () async throws -> [UInt8]?)
}

/// A request to send.
package struct ClientRequest: Sendable {
  package var method: String
  /// Absolute, `http` or `https`, percent-encoded. Dot segments are sent as they are.
  package var url: String
  package var headers: HeaderFields
  package var body: ClientBody
  package var timeouts = RequestTimeouts()
  /// An IP address to connect to instead of asking for the host's.
  package var address: String?
  /// Bytes of an answer's body at the most.
  package var responseLimit = 64 << 20

  package init(
    _ method: String, _ url: String, headers: HeaderFields = [:], body: ClientBody = .none
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// What may take how long, besides the deadline of the whole.
package struct RequestTimeouts: Sendable {
  package var connect = Duration.seconds(5)
  /// From the request's start to the answer's first byte.
  package var firstByte = Duration.seconds(60)
  /// Between two arrivals of bytes. The time in which we do not read does not count.
  package var idle = Duration.seconds(30)

  package init() {}
}

/// An answer that was read to its end.
package struct ClientResponse: Sendable {
  package let status: Int
  package let headers: HeaderFields
  package let body: [UInt8]

  package init(status: Int, headers: HeaderFields, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// An answer whose body is still arriving. Dropping it ends the transfer.
package struct StreamedResponse: Sendable {
  package let status: Int
  package let headers: HeaderFields
  package let body: ResponseBody
}

/// The bytes of an answer as they come, in pieces of any size. Can be read once.
///
/// At the most ``HTTPClientConfiguration/streamBuffer`` bytes wait here; then the sender has to.
/// Cancelling the reading task, or dropping the body, ends the transfer at once.
package struct ResponseBody: AsyncSequence, Sendable {
  package typealias Element = [UInt8]
  package typealias Failure = NetworkError

  /// Ends the transfer with its last user.
  fileprivate final class Owner: Sendable {
    let transfer: Transfer
    init(_ transfer: Transfer) { self.transfer = transfer }
    deinit { transfer.cancel() }
  }

  private let owner: Owner

  init(_ transfer: Transfer) { owner = Owner(transfer) }

  package struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let owner: Owner

    package mutating func next() async throws(NetworkError) -> [UInt8]? {
      try await owner.transfer.nextPiece()
    }

    package mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(NetworkError) -> [UInt8]? {
      try await owner.transfer.nextPiece()
    }
  }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(owner: owner) }

  /// The whole rest, up to a limit.
  package func collect(upTo limit: Int) async throws(NetworkError) -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try await owner.transfer.nextPiece() {
      guard bytes.count + piece.count <= limit else {
        owner.transfer.cancel()
        throw .responseTooLarge(limit: limit)
      }
      bytes += piece
    }
    return bytes
  }
}
