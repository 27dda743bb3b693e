import Crypto
package import Server
package import Storage
package import Template

/// A stand-in for S3 on the emulator's database: names, details and small bodies in tables, big bodies
/// as files beside them. Source of operations and texts: Amazon S3 API reference.
package final class S3: Sendable {
  let database: Database
  let folder: BlobFolder
  let region: String
  let account: String
  /// Unix milliseconds.
  let now: @Sendable () -> Int
  /// Checks signatures; nil takes every one.
  let signatures: SignatureCheck?

  /// Big bodies lie in `folder`, which is made if absent; nil keeps them in a temporary folder that
  /// goes with this value. `sweeps` removes what a killed process left behind; only for the one
  /// process that has the state to itself. The clock gives Unix milliseconds.
  package init(
    _ database: Database, folder: String?, region: String = "us-east-1",
    account: String = "000000000000", sweeps: Bool = true, signatures: SignatureCheck? = nil,
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    self.folder = try BlobFolder(folder)
    self.region = region
    self.account = account
    self.now = now
    self.signatures = signatures
    try await database.migrate(ObjectTable.migrations)
    guard sweeps else { return }
    // The names first: what is written from now on is in no list.
    let old = self.folder.oldNames()
    let known = try await database.read { try ObjectTable(connection: $0).files() }
    self.folder.remove(old.filter { !known.contains($0) })
  }

  /// Makes the buckets of a template that are not there yet.
  package func create(buckets: [BucketDefinition]) async throws {
    let now = self.now()
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      for wanted in buckets {
        let known = try table.bucket(wanted.name)
        var bucket = known ?? Bucket(name: wanted.name, created: now)
        if wanted.isVersioned, bucket.versioning == nil { bucket.versioning = .enabled }
        try table.save(bucket)
        if known == nil { try table.setDefaults(of: wanted.name) }
      }
    }
  }

  /// Answers a request of the REST protocol, path style or virtual-host style.
  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let requestID = Self.newRequestID()
    let isHead = request.method == "HEAD"
    do {
      var parsed = try S3Request(request)
      try checkExpiry(parsed)
      parsed.caller = try caller(of: parsed)
      var response: HTTPResponse
      do {
        response = try await perform(parsed)
        response.headers.append("x-amz-request-id", requestID)
        response.headers.append("x-amz-id-2", S3Error.hostID)
      } catch let error as S3Error {
        response = error.response(resource: request.path, requestID: requestID, isHead: isHead)
      }
      return await marked(response, parsed)
    } catch let error as S3Error {
      return error.response(resource: request.path, requestID: requestID, isHead: isHead)
    } catch DatabaseError.busy {
      let error = S3Error("SlowDown", 503, "Please reduce your request rate.")
      return error.response(resource: request.path, requestID: requestID, isHead: isHead)
    } catch {
      return S3Error.internalError.response(
        resource: request.path, requestID: requestID, isHead: isHead)
    }
  }

  private static func newRequestID() -> String {
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    return String(decoding: Random.bytes(16).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
  }

  /// A presigned address is good for `X-Amz-Expires` seconds, whoever signed it.
  private func checkExpiry(_ request: S3Request) throws(S3Error) {
    guard let text = request["X-Amz-Expires"], request.has("X-Amz-Signature") else { return }
    guard let seconds = Int(text), (0...604_800).contains(seconds) else {
      throw S3Error(
        "AuthorizationQueryParametersError", 400,
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must "
          + "be less than 604800 seconds")
    }
    guard let stamp = request["X-Amz-Date"], let signed = WireTime.seconds(basic: stamp) else {
      throw S3Error(
        "AuthorizationQueryParametersError", 400,
        #"X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'""#)
    }
    guard now() / 1_000 <= signed + seconds else {
      throw S3Error(
        "AccessDenied", 403, "Request has expired",
        [
          ("X-Amz-Expires", text), ("Expires", WireTime.iso((signed + seconds) * 1_000)),
          ("ServerTime", WireTime.iso(now())),
        ])
    }
  }
}
