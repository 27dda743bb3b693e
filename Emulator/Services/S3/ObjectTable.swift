import Storage

/// Where buckets and objects lie in the database. Keys are compared by their UTF-8 bytes, as S3
/// orders them.
struct ObjectTable {
  static let migrations = Migrations(
    part: "s3",
    sql: [
      """
      CREATE TABLE s3_buckets (
        name TEXT PRIMARY KEY, created INTEGER NOT NULL, versioning TEXT) WITHOUT ROWID;
      CREATE TABLE s3_settings (
        bucket TEXT NOT NULL, kind TEXT NOT NULL, document BLOB NOT NULL,
        PRIMARY KEY (bucket, kind)) WITHOUT ROWID;
      CREATE TABLE s3_objects (
        id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, key TEXT NOT NULL,
        version TEXT NOT NULL, latest INTEGER NOT NULL, marker INTEGER NOT NULL,
        size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
        details TEXT NOT NULL, file TEXT, body BLOB,
        UNIQUE (bucket, key, version));
      CREATE UNIQUE INDEX s3_latest ON s3_objects (bucket, key) WHERE latest = 1;
      CREATE TABLE s3_uploads (
        id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, created INTEGER NOT NULL,
        details TEXT NOT NULL, algorithm TEXT, whole INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE s3_parts (
        upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified INTEGER NOT NULL, checksum TEXT NOT NULL, file TEXT, body BLOB,
        PRIMARY KEY (upload, number));
      """,
      // What of a bucket's settings each write has to look at; whether an upload's key was written to
      // since it began.
      """
      ALTER TABLE s3_buckets ADD COLUMN has TEXT NOT NULL DEFAULT '';
      ALTER TABLE s3_uploads ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX s3_uploads_by_key ON s3_uploads (bucket, key);
      UPDATE s3_buckets SET has = coalesce(
        (SELECT group_concat(kind, ' ') FROM s3_settings
         WHERE bucket = name AND kind IN ('encryption', 'lifecycle')), '');
      """,
    ])

  private static let columns =
    "id, key, version, latest, marker, size, etag, modified, details, file"

  let connection: Connection

  // MARK: Buckets

  func bucket(_ name: String) throws -> Bucket? {
    try connection.first(
      "SELECT name, created, versioning, has FROM s3_buckets WHERE name = ?", [.text(name)],
      Self.bucket)
  }

  func requireBucket(_ name: String) throws -> Bucket {
    guard let bucket = try bucket(name) else { throw S3Error.noSuchBucket(name) }
    return bucket
  }

  func buckets(prefix: String, after: String, limit: Int) throws -> [Bucket] {
    try connection.all(
      """
      SELECT name, created, versioning, has FROM s3_buckets
      WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?
      """, [.text(after), Value(prefix.unicodeScalars.count), .text(prefix), Value(limit)],
      Self.bucket)
  }

  func save(_ bucket: Bucket) throws {
    try connection.run(
      "INSERT OR REPLACE INTO s3_buckets (name, created, versioning, has) VALUES (?, ?, ?, ?)",
      [
        .text(bucket.name), Value(bucket.created), Value(bucket.versioning?.rawValue),
        .text(bucket.watched.map(\.rawValue).joined(separator: " ")),
      ])
  }

  func isEmpty(_ bucket: String) throws -> Bool {
    try connection.first("SELECT 1 FROM s3_objects WHERE bucket = ? LIMIT 1", [.text(bucket)]) {
      _ in true
    } == nil
  }

  func remove(bucket: String) throws {
    try connection.run("DELETE FROM s3_buckets WHERE name = ?", [.text(bucket)])
    try connection.run("DELETE FROM s3_settings WHERE bucket = ?", [.text(bucket)])
  }

  private static func bucket(_ row: Row) -> Bucket {
    Bucket(
      name: row.text(0), created: row.integer(1),
      versioning: row.isNull(2) ? nil : Bucket.Versioning(rawValue: row.text(2)),
      watched: row.text(3).split(separator: " ").compactMap { BucketSetting(rawValue: String($0)) })
  }

  // MARK: Settings

  func setting(_ kind: String, of bucket: String) throws -> [UInt8]? {
    try connection.first(
      "SELECT document FROM s3_settings WHERE bucket = ? AND kind = ?",
      [.text(bucket), .text(kind)]
    ) { $0.bytes(0) }
  }

  /// nil removes it.
  func set(_ kind: String, of bucket: String, to document: [UInt8]?) throws {
    if let document {
      try connection.run(
        "INSERT OR REPLACE INTO s3_settings VALUES (?, ?, ?)",
        [.text(bucket), .text(kind), .blob(document)])
    } else {
      try connection.run(
        "DELETE FROM s3_settings WHERE bucket = ? AND kind = ?", [.text(bucket), .text(kind)])
    }
    guard let watched = BucketSetting(rawValue: kind), watched.isWatched,
      var found = try self.bucket(bucket)
    else { return }
    found.watched.removeAll { $0 == watched }
    if document != nil { found.watched.append(watched) }
    try save(found)
  }

  /// The names of all settings of a kind that there may be many of, `kind:id`, with their documents.
  func settings(_ kind: String, of bucket: String) throws -> [(id: String, document: [UInt8])] {
    let prefix = kind + ":"
    return try connection.all(
      """
      SELECT kind, document FROM s3_settings
      WHERE bucket = ? AND kind > ? AND kind < ? ORDER BY kind
      """, [.text(bucket), .text(prefix), .text(kind + ";")]
    ) { (String($0.text(0).dropFirst(prefix.count)), $0.bytes(1)) }
  }

  // MARK: Objects

  /// The latest version, or the named one, which may be a delete marker.
  func object(
    _ key: String, in bucket: String, version: String? = nil, withBody: Bool = false
  ) throws -> StoredObject? {
    let what = withBody ? Self.columns + ", body" : Self.columns
    let from = "FROM s3_objects WHERE bucket = ? AND key = ?"
    func read(_ row: Row) -> StoredObject { Self.object(row, withBody: withBody) }
    guard let version else {
      return try connection.first(
        "SELECT \(what) \(from) AND latest = 1", [.text(bucket), .text(key)], read)
    }
    return try connection.first(
      "SELECT \(what) \(from) AND version = ?", [.text(bucket), .text(key), .text(version)], read)
  }

  /// Adds a version and makes it the latest. A version of the same name is replaced.
  /// - Returns: Files that nothing refers to any more.
  func add(
    _ object: StoredObject, to bucket: String, isFirst: Bool = false
  ) throws -> [String] {
    let place: [Value] = [.text(bucket), .text(object.key)]
    try touch(object.key, in: bucket)
    let orphans = isFirst ? [] : try makeWay(for: object, place)
    var bytes: [UInt8]?
    if case .bytes(let body) = object.body { bytes = body }
    try connection.run(
      """
      INSERT INTO s3_objects
        (bucket, key, version, latest, marker, size, etag, modified, details, file, body)
      VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
      """,
      place + [
        .text(object.version), Value(object.isMarker ? 1 : 0), Value(object.size),
        .text(object.eTag), Value(object.modified), .text(object.details.encoded),
        Value(object.body.file), Value(bytes),
      ])
    return orphans
  }

  private func makeWay(for object: StoredObject, _ place: [Value]) throws -> [String] {
    let orphans = try connection.all(
      """
      SELECT file FROM s3_objects
      WHERE bucket = ? AND key = ? AND version = ? AND file IS NOT NULL
      """, place + [.text(object.version)]
    ) { $0.text(0) }
    try connection.run(
      "DELETE FROM s3_objects WHERE bucket = ? AND key = ? AND version = ?",
      place + [.text(object.version)])
    try connection.run(
      "UPDATE s3_objects SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1", place)
    return orphans
  }

  /// Puts an object into a bucket that never had versions, in place of the one that is there.
  /// - Returns: Files that nothing refers to any more.
  func put(
    _ object: StoredObject, to bucket: String, replacing old: StoredObject?
  ) throws -> [String] {
    guard let old else { return try add(object, to: bucket, isFirst: true) }
    try touch(object.key, in: bucket)
    var bytes: [UInt8]?
    if case .bytes(let body) = object.body { bytes = body }
    try connection.run(
      """
      UPDATE s3_objects SET size = ?, etag = ?, modified = ?, details = ?, file = ?, body = ?
      WHERE id = ?
      """,
      [
        Value(object.size), .text(object.eTag), Value(object.modified),
        .text(object.details.encoded), Value(object.body.file), Value(bytes), Value(old.id),
      ])
    return old.body.file.map { [$0] } ?? []
  }

  /// Uploads of a key learn that it was written to.
  private func touch(_ key: String, in bucket: String) throws {
    try connection.run(
      "UPDATE s3_uploads SET touched = 1 WHERE bucket = ? AND key = ?", [.text(bucket), .text(key)])
  }

  /// Removes one version; the newest of those that stay becomes the latest.
  func remove(_ object: StoredObject, from bucket: String) throws -> [String] {
    try touch(object.key, in: bucket)
    try connection.run("DELETE FROM s3_objects WHERE id = ?", [Value(object.id)])
    if object.isLatest {
      try connection.run(
        """
        UPDATE s3_objects SET latest = 1 WHERE id =
          (SELECT max(id) FROM s3_objects WHERE bucket = ? AND key = ?)
        """, [.text(bucket), .text(object.key)])
    }
    return object.body.file.map { [$0] } ?? []
  }

  func setDetails(_ details: ObjectDetails, of object: StoredObject) throws {
    try connection.run(
      "UPDATE s3_objects SET details = ? WHERE id = ?",
      [.text(details.encoded), Value(object.id)])
  }

  /// Latest versions that are no delete markers, in the order of their keys, from `key` on.
  func latest(
    in bucket: String, from key: String, isAfter: Bool, _ body: (StoredObject) throws -> Bool
  ) throws {
    try connection.rows(
      """
      SELECT \(Self.columns) FROM s3_objects
      WHERE bucket = ? AND key \(isAfter ? ">" : ">=") ? AND latest = 1 AND marker = 0 ORDER BY key
      """, [.text(bucket), .text(key)]
    ) { try body(Self.object($0, withBody: false)) }
  }

  /// All versions, newest first within a key, from `key` on, or behind version `id` of it.
  func versions(
    in bucket: String, from key: String, behind id: Int?, _ body: (StoredObject) throws -> Bool
  ) throws {
    let values: [Value] = [.text(bucket), .text(key), Value(id ?? Int.max)]
    try connection.rows(
      """
      SELECT \(Self.columns) FROM s3_objects
      WHERE bucket = ?1 AND (key > ?2 OR key = ?2 AND id < ?3) ORDER BY key, id DESC
      """, values
    ) { try body(Self.object($0, withBody: false)) }
  }

  /// Every file that something refers to.
  func files() throws -> Set<String> {
    try Set(
      connection.all(
        """
        SELECT file FROM s3_objects WHERE file IS NOT NULL
        UNION ALL SELECT file FROM s3_parts WHERE file IS NOT NULL
        """
      ) { $0.text(0) })
  }

  private static func object(_ row: Row, withBody: Bool) -> StoredObject {
    var object = StoredObject(key: row.text(1), version: row.text(2))
    object.id = row.integer(0)
    object.isLatest = row.integer(3) == 1
    object.isMarker = row.integer(4) == 1
    object.size = row.integer(5)
    object.eTag = row.text(6)
    object.modified = row.integer(7)
    object.details = ObjectDetails(encoded: row.text(8))
    if !row.isNull(9) {
      object.body = .file(row.text(9))
    } else if withBody {
      object.body = .bytes(row.bytes(10))
    }
    return object
  }
}

/// A bucket.
struct Bucket: Sendable {
  enum Versioning: String, Sendable {
    case enabled = "Enabled"
    case suspended = "Suspended"
  }

  var name: String
  /// Unix milliseconds.
  var created: Int
  /// nil until it was set once.
  var versioning: Versioning?
  /// The settings it has that reads or writes of objects have to look at.
  var watched: [BucketSetting] = []

  func has(_ setting: BucketSetting) -> Bool { watched.contains(setting) }
}
