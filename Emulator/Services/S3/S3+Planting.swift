import Crypto
import Glibc
import Server
import Storage

extension S3 {
  /// Puts a file into a bucket, which is made if absent, unless the object is there already. The file is
  /// never in memory as a whole.
  ///
  /// - Returns: Whether it was put.
  package func plant(_ path: String, as key: String, in bucket: String) async throws -> Bool {
    try BucketName.check(bucket)
    try S3Request.check(key: key)
    let now = self.now()
    let isThere = try await database.write { connection in
      let table = ObjectTable(connection: connection)
      if try table.bucket(bucket) == nil {
        try table.save(Bucket(name: bucket, created: now))
        try table.setDefaults(of: bucket)
      }
      return try table.object(key, in: bucket) != nil
    }
    guard !isThere else { return false }
    let file = try SeedFile(path)
    var receiver = try BodyReceiver(HTTPHeaders(), into: folder)
    do {
      while let piece = try await folder.run({ try file.next() }) { try await receiver.take(piece) }
      let received = try await receiver.finish()
      var object = StoredObject(key: key)
      object.take(received)
      object.details.headers = [.init(name: "Content-Type", value: ContentTypes.type(of: key))]
      object.details.checksum = received.checksum
      _ = try await store(object, in: bucket, if: Preconditions(["If-None-Match": "*"]))
      return true
    } catch {
      receiver.discard()
      throw error
    }
  }
}

/// A file that is being read. Used by one task at a time, on the folder's thread.
private final class SeedFile: Sendable {
  private static let pieceSize = 1 << 18
  private let path: String
  private let file: Int32

  init(_ path: String) throws {
    self.path = path
    file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw BlobError.failed(call: "open", path: path, code: errno) }
  }

  deinit { close(file) }

  func next() throws -> [UInt8]? {
    var count = 0
    let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { bytes, size in
      repeat {
        count = read(file, bytes.baseAddress, bytes.count)
      } while count < 0 && errno == EINTR
      size = max(0, count)
    }
    guard count >= 0 else { throw BlobError.failed(call: "read", path: path, code: errno) }
    return piece.isEmpty ? nil : piece
  }
}

/// The content types of files by their endings, as the AWS CLI guesses them.
private enum ContentTypes {
  private static let known = [
    "css": "text/css", "csv": "text/csv", "gif": "image/gif", "htm": "text/html",
    "html": "text/html", "ico": "image/vnd.microsoft.icon", "jpeg": "image/jpeg",
    "jpg": "image/jpeg", "js": "text/javascript", "json": "application/json",
    "md": "text/markdown", "mp3": "audio/mpeg", "mp4": "video/mp4", "pdf": "application/pdf",
    "png": "image/png", "svg": "image/svg+xml", "txt": "text/plain", "wav": "audio/x-wav",
    "webp": "image/webp", "xml": "application/xml", "zip": "application/zip",
  ]

  static func type(of key: String) -> String {
    let name = key.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return "binary/octet-stream" }
    return known[name[name.index(after: dot)...].lowercased()] ?? "binary/octet-stream"
  }
}
