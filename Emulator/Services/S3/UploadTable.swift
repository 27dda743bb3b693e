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
  /// Its key was written to since it began.
  var isTouched = false
}

extension Upload {
  /// Holds the checksum that a part names against the one that was chosen for the upload.
  func check(_ named: ChecksumAlgorithm?) throws(S3Error) {
    // Without a choice a CRC is taken all the same: the SDKs send one with every part.
    if algorithm == nil, named.map(\.canBeOfWholeObject) ?? true { return }
    guard named != algorithm, !(named == nil && isWhole) else { return }
    func text(_ name: ChecksumAlgorithm?) -> String { name?.rawValue.lowercased() ?? "null" }
    throw .invalidRequest(
      "Checksum Type mismatch occurred, expected checksum Type: \(text(algorithm)), actual checksum "
        + "Type: \(text(named))")
  }
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
      """
      INSERT INTO s3_uploads (id, bucket, key, created, details, algorithm, whole)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(upload.id), .text(upload.bucket), .text(upload.key), Value(upload.created),
        .text(upload.details.encoded), Value(upload.algorithm?.rawValue),
        Value(upload.isWhole ? 1 : 0),
      ])
  }

  func upload(_ id: String, bucket: String, key: String) throws -> Upload? {
    try connection.first(
      "SELECT \(Self.columns) FROM s3_uploads WHERE id = ? AND bucket = ? AND key = ?",
      [.text(id), .text(bucket), .text(key)], Self.upload)
  }

  func require(_ id: String, bucket: String, key: String) throws -> Upload {
    guard let found = try upload(id, bucket: bucket, key: key) else {
      _ = try ObjectTable(connection: connection).requireBucket(bucket)
      throw S3Error.noSuchUpload(id)
    }
    return found
  }

  /// A page of uploads, in the order of their keys and of their beginning, and what is rolled up.
  struct Page: Sendable {
    var uploads: [Upload] = []
    var prefixes: [String] = []
    var isTruncated = false
    /// Where the next page begins.
    var last: (key: String, id: String)?
  }

  /// `id` is the last upload of the marker's key that was given out; nil for all of them.
  func page(of bucket: String, _ query: ListQuery, behind id: String?) throws -> Page {
    var page = Page()
    let (from, isKnown) = try place(of: query.marker, id)
    let passed =
      query.marker.utf8.starts(with: query.prefix.utf8)
      ? query.commonPrefix(of: query.marker) : nil
    try connection.rows(
      """
      SELECT \(Self.columns) FROM s3_uploads
      WHERE bucket = ?1 AND (key > ?2 OR key = ?2 AND ?5 AND (created, id) > (?3, ?4))
      ORDER BY key, created, id
      """,
      [
        .text(bucket), .text(query.marker), Value(from), .text(id ?? ""), Value(isKnown ? 1 : 0),
      ]
    ) { row in
      let upload = Self.upload(row)
      guard upload.key.utf8.starts(with: query.prefix.utf8) else { return true }
      let rolled = query.commonPrefix(of: upload.key)
      if let rolled, rolled == page.prefixes.last || rolled == passed { return true }
      guard page.uploads.count + page.prefixes.count < query.limit else {
        page.isTruncated = true
        return false
      }
      if let rolled {
        page.prefixes.append(rolled)
        page.last = (rolled, "")
      } else {
        page.uploads.append(upload)
        page.last = (upload.key, upload.id)
      }
      return true
    }
    return page
  }

  /// When the upload of a marker began. Without an id, all uploads of the marker's key were given out.
  private func place(of key: String, _ id: String?) throws -> (created: Int, isKnown: Bool) {
    guard let id else { return (0, false) }
    let created = try connection.first(
      "SELECT created FROM s3_uploads WHERE id = ? AND key = ?", [.text(id), .text(key)]
    ) { $0.integer(0) }
    guard let created else {
      throw S3Error.invalidArgument("Invalid uploadId marker", "upload-id-marker", id)
    }
    return (created, true)
  }

  private static let columns = "id, bucket, key, created, details, algorithm, whole, touched"

  private static func upload(_ row: Row) -> Upload {
    Upload(
      id: row.text(0), bucket: row.text(1), key: row.text(2), created: row.integer(3),
      details: ObjectDetails(encoded: row.text(4)),
      algorithm: row.isNull(5) ? nil : ChecksumAlgorithm(rawValue: row.text(5)),
      isWhole: row.integer(6) == 1, isTouched: row.integer(7) == 1)
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

  /// A part with its bytes.
  func part(_ number: Int, of upload: String) throws -> UploadedPart? {
    try parts(of: upload, after: number - 1, limit: 1, withBody: true).first {
      $0.number == number
    }
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
