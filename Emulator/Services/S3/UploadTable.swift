import Storage

/// An upload in parts that is not complete.
struct Upload: Sendable {
  var id: String
  var bucket: String
  var key: String
  var created: Int
  var details: ObjectDetails
  /// The checksum that the client chose for it.
  var algorithm: ChecksumAlgorithm?
  /// The checksum is of the whole object, not of the parts' checksums.
  var isWhole = false
}

/// A part of an upload.
struct UploadedPart: Sendable {
  var number: Int
  var size: Int
  /// Without quotes.
  var eTag: String
  var modified: Int
  var checksum: Checksum?
  var body = StoredObject.Body.bytes([])
}

/// Where uploads in parts lie in the database.
struct UploadTable {
  let connection: Connection

  func add(_ upload: Upload) throws {
    try connection.run(
      "INSERT INTO s3_uploads VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        .text(upload.id), .text(upload.bucket), .text(upload.key), Value(upload.created),
        .text(upload.details.encoded), Value(upload.algorithm?.rawValue),
        Value(upload.isWhole ? 1 : 0),
      ])
  }

  func require(_ id: String, bucket: String, key: String) throws -> Upload {
    let found = try connection.first(
      "SELECT \(Self.columns) FROM s3_uploads WHERE id = ? AND bucket = ? AND key = ?",
      [.text(id), .text(bucket), .text(key)], Self.upload)
    guard let found else {
      _ = try ObjectTable(connection: connection).requireBucket(bucket)
      throw S3Error.noSuchUpload(id)
    }
    return found
  }

  func uploads(
    of bucket: String, prefix: String, after key: String, _ id: String, limit: Int
  )
    throws -> [Upload]
  {
    var found: [Upload] = []
    try connection.rows(
      """
      SELECT \(Self.columns) FROM s3_uploads
      WHERE bucket = ?1 AND (key > ?2 OR key = ?2 AND id > ?3) ORDER BY key, id
      """, [.text(bucket), .text(key), .text(id)]
    ) { row in
      let upload = Self.upload(row)
      if upload.key.utf8.starts(with: prefix.utf8) { found.append(upload) }
      return found.count < limit
    }
    return found
  }

  private static let columns = "id, bucket, key, created, details, algorithm, whole"

  private static func upload(_ row: Row) -> Upload {
    Upload(
      id: row.text(0), bucket: row.text(1), key: row.text(2), created: row.integer(3),
      details: ObjectDetails(encoded: row.text(4)),
      algorithm: row.isNull(5) ? nil : ChecksumAlgorithm(rawValue: row.text(5)),
      isWhole: row.integer(6) == 1)
  }

  /// Adds a part, in place of one with its number.
  /// - Returns: Files that nothing refers to any more.
  func add(_ part: UploadedPart, to upload: String) throws -> [String] {
    let orphans = try connection.all(
      "SELECT file FROM s3_parts WHERE upload = ? AND number = ? AND file IS NOT NULL",
      [.text(upload), Value(part.number)]
    ) { $0.text(0) }
    var bytes: [UInt8]?
    if case .bytes(let body) = part.body { bytes = body }
    try connection.run(
      "INSERT OR REPLACE INTO s3_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .text(upload), Value(part.number), Value(part.size), .text(part.eTag),
        Value(part.modified), .text(ObjectDetails(checksum: part.checksum).encoded),
        Value(part.body.file), Value(bytes),
      ])
    return orphans
  }

  func parts(
    of upload: String, after number: Int = 0, limit: Int = .max, withBody: Bool = false
  )
    throws -> [UploadedPart]
  {
    try connection.all(
      """
      SELECT number, size, etag, modified, checksum, file\(withBody ? ", body" : "") FROM s3_parts
      WHERE upload = ? AND number > ? ORDER BY number LIMIT ?
      """, [.text(upload), Value(number), Value(limit)]
    ) { row in
      var part = UploadedPart(
        number: row.integer(0), size: row.integer(1), eTag: row.text(2), modified: row.integer(3),
        checksum: ObjectDetails(encoded: row.text(4)).checksum)
      if !row.isNull(5) {
        part.body = .file(row.text(5))
      } else if withBody {
        part.body = .bytes(row.bytes(6))
      }
      return part
    }
  }

  /// Forgets an upload and its parts.
  func remove(_ upload: String) throws -> [String] {
    let orphans = try connection.all(
      "SELECT file FROM s3_parts WHERE upload = ? AND file IS NOT NULL", [.text(upload)]
    ) { $0.text(0) }
    try connection.run("DELETE FROM s3_parts WHERE upload = ?", [.text(upload)])
    try connection.run("DELETE FROM s3_uploads WHERE id = ?", [.text(upload)])
    return orphans
  }
}
