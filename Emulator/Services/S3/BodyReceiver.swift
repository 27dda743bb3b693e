import Crypto
import Server
import Storage

/// A body that was received whole: small ones in memory, others in a file.
struct ReceivedBody: Sendable {
  var body: StoredObject.Body
  var size: Int
  var md5: [UInt8]
  var checksum: Checksum
}

/// Receives the body of an upload while it comes, with its digests, and holds it against what the
/// request's headers and trailers promise.
struct BodyReceiver: Sendable {
  /// Bytes that stay in the database.
  static let inlineLimit = 65_536
  /// S3's limit of a single upload.
  static let sizeLimit = 5 << 30

  private let folder: BlobFolder
  private let promised: PromisedDigests
  private var chunks: ChunkedUpload?
  private var digests: Digests
  private var small: [UInt8] = []
  private var file: BlobFile?

  /// What is computed on the way.
  private struct Digests: Sendable {
    var md5 = MD5()
    var sha256: SHA256?
    var checksum: ChecksumState
    var size = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      md5.update(bytes)
      sha256?.update(bytes)
      checksum.update(bytes)
      size += bytes.count
    }
  }

  /// `usual` is the checksum to keep when the request names none.
  init(
    _ headers: HTTPHeaders, into folder: BlobFolder, usual: ChecksumAlgorithm = .crc64nvme,
    signing: ChunkSigning? = nil
  ) throws(S3Error) {
    self.folder = folder
    promised = try PromisedDigests(headers)
    if promised.isChunked { chunks = ChunkedUpload(signing) }
    digests = Digests(checksum: ChecksumState(promised.algorithm ?? usual))
    if promised.sha256 != nil { digests.sha256 = SHA256() }
  }

  /// The checksum that the request names.
  var algorithm: ChecksumAlgorithm? { promised.algorithm }

  /// Reads a body to its end. A file that is not kept is removed.
  mutating func receive(_ body: RequestBody) async throws -> ReceivedBody {
    do {
      if let bytes = body.bytes {
        try await take(bytes)
      } else {
        for try await piece in body { try await take(piece) }
      }
      return try await finish()
    } catch {
      discard()
      if error is S3Error { throw error }
      if let failure = error as? ServerError, case .bodyTooLong = failure { throw S3Error.tooLarge }
      if error is ServerError { throw S3Error.incompleteBody }
      throw error
    }
  }

  /// Forgets what was received.
  func discard() { file?.discard() }

  /// Holds what was received against what was promised.
  mutating func finish() async throws -> ReceivedBody {
    if let chunks, !chunks.isComplete { throw S3Error.incompleteBody }
    let decoded = promised.decodedLength
    guard decoded == nil || decoded == digests.size else { throw S3Error.incompleteBody }
    if let file { try await folder.run { try file.close() } }
    var sums = digests
    let md5 = sums.md5.finish()
    let checksum = sums.checksum.checksum
    try promised.check(
      md5: md5, sha256: sums.sha256?.finish(), checksum: checksum,
      trailers: chunks?.trailers ?? [:])
    return ReceivedBody(
      body: file.map { .file($0.name) } ?? .bytes(small), size: digests.size, md5: md5,
      checksum: checksum)
  }

  /// Takes a piece of the body.
  mutating func take(_ piece: [UInt8]) async throws {
    var bytes = piece
    if var chunks {
      bytes = []
      try chunks.decode(piece, into: &bytes)
      self.chunks = chunks
    }
    guard !bytes.isEmpty else { return }
    guard digests.size + bytes.count <= Self.sizeLimit else { throw S3Error.tooLarge }
    if file == nil, digests.size + bytes.count <= Self.inlineLimit {
      bytes.withUnsafeBytes { digests.update($0) }
      small += bytes
      return
    }
    try await write(bytes)
  }

  private mutating func write(_ bytes: [UInt8]) async throws {
    let (known, before) = (file, small)
    let folder = self.folder
    let digests = self.digests
    small = []
    let result = try await folder.run { () throws -> (BlobFile, Digests) in
      let file = try known ?? BlobFile(in: folder)
      var digests = digests
      do {
        if known == nil { try before.withUnsafeBytes { try file.write($0) } }
        try bytes.withUnsafeBytes {
          digests.update($0)
          try file.write($0)
        }
      } catch {
        file.discard()
        throw error
      }
      return (file, digests)
    }
    (file, self.digests) = result
  }
}

/// What the headers of an upload say about its body.
struct PromisedDigests: Sendable {
  let isChunked: Bool
  let decodedLength: Int?
  /// In lower-case hexadecimal.
  let sha256: String?
  private let md5: [UInt8]?
  private(set) var algorithm: ChecksumAlgorithm?
  private var checksum: String?

  init(_ headers: HTTPHeaders) throws(S3Error) {
    let hash = headers["x-amz-content-sha256"] ?? ""
    isChunked =
      hash.hasPrefix("STREAMING-") || headers.list("Content-Encoding", contains: "aws-chunked")
    decodedLength = headers["x-amz-decoded-content-length"].flatMap { Int($0) }
    sha256 = hash.utf8.count == 64 && Hex.decode(hash) != nil ? hash.lowercased() : nil
    if let text = headers["Content-MD5"] {
      guard let bytes = Base64.standard.decode(text), bytes.count == 16 else {
        throw S3Error(
          "InvalidDigest", 400, "The Content-MD5 you specified was invalid.",
          [("Content-MD5", text)])
      }
      md5 = bytes
    } else {
      md5 = nil
    }
    try readChecksum(headers)
  }

  private mutating func readChecksum(_ headers: HTTPHeaders) throws(S3Error) {
    let named = ChecksumAlgorithm.allCases.filter { headers.contains($0.header) }
    guard named.count <= 1 else {
      throw .invalidRequest(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    }
    if let first = named.first, let value = headers[first.header] {
      guard Base64.standard.decode(value)?.count == first.byteCount else {
        throw .invalidRequest("Value for \(first.header) header is invalid.")
      }
      (algorithm, checksum) = (first, value)
    }
    if let trailer = headers["x-amz-trailer"] {
      algorithm = try Self.algorithm(ofTrailer: trailer)
    } else if algorithm == nil, let name = headers["x-amz-sdk-checksum-algorithm"] {
      guard let known = ChecksumAlgorithm(rawValue: name.uppercased()) else {
        throw .invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
      }
      algorithm = known
    }
  }

  private static func algorithm(ofTrailer name: String) throws(S3Error) -> ChecksumAlgorithm {
    let known = ChecksumAlgorithm.allCases.first { $0.header == name.lowercased() }
    guard let known else {
      throw .invalidRequest("The value specified in the x-amz-trailer header is not supported")
    }
    return known
  }

  func check(
    md5 actual: [UInt8], sha256 hash: [UInt8]?, checksum sum: Checksum, trailers: HTTPHeaders
  ) throws(S3Error) {
    if let md5, md5 != actual {
      throw S3Error(
        "BadDigest", 400, "The Content-MD5 you specified did not match what we received.",
        [
          ("ExpectedDigest", Base64.standard.encode(md5)),
          ("CalculatedDigest", Base64.standard.encode(actual)),
        ])
    }
    if let sha256, let hash, Hex.encode(hash) != sha256 {
      throw .payloadMismatch(sha256, Hex.encode(hash))
    }
    guard let wanted = checksum ?? trailers[sum.algorithm.header] else { return }
    guard wanted == sum.value else {
      throw S3Error(
        "BadDigest", 400,
        "The \(sum.algorithm.rawValue) you specified did not match the calculated checksum.")
    }
  }
}

extension PromisedDigests {
  /// Holds a whole body against what its headers and trailers promise.
  func check(_ bytes: [UInt8], trailers: HTTPHeaders) throws(S3Error) {
    var sum = ChecksumState(algorithm ?? .crc32)
    bytes.withUnsafeBytes { sum.update($0) }
    try check(
      md5: MD5.digest(bytes), sha256: SHA256.digest(bytes), checksum: sum.checksum,
      trailers: trailers)
  }
}
