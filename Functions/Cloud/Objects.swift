import Crypto
import Network

/// An object with what is known about it.
package struct StoredObject: Sendable, Equatable {
  package let bytes: [UInt8]
  package let details: ObjectDetails

  package init(bytes: [UInt8], details: ObjectDetails) {
    self.bytes = bytes
    self.details = details
  }
}

/// What is known about an object.
package struct ObjectDetails: Sendable, Equatable {
  /// With its quotes.
  package let eTag: String
  package let contentType: String?
  package let byteCount: Int

  package init(eTag: String, contentType: String? = nil, byteCount: Int) {
    self.eTag = eTag
    self.contentType = contentType
    self.byteCount = byteCount
  }
}

/// What a conditional read found.
package enum FoundObject: Sendable, Equatable {
  case object(StoredObject)
  /// It still has the ETag that was named.
  case unchanged
  case absent
}

/// When an object may be written.
package enum WriteCondition: Sendable, Equatable {
  case always
  /// There is none with this key.
  case absent
  /// The one that is there has this ETag.
  case matches(String)
}

/// Why a bucket did not do what was asked.
package enum ObjectsError: Error, Equatable {
  /// The object is not as the condition of the write wants it.
  case conditionFailed
  case failed(CloudError)
}

/// Buckets of objects: Amazon S3.
package struct Objects: Sendable {
  private let client: CloudClient
  /// Bytes of an object at the most.
  package var limit = 1 << 30

  package init(_ client: CloudClient) { self.client = client }

  /// The same buckets, whose calls end at `deadline`.
  package func until(_ deadline: ContinuousClock.Instant) -> Objects {
    var copy = Objects(client.until(deadline))
    copy.limit = limit
    return copy
  }

  /// Reads an object, or learns that it still has the ETag `unless`.
  package func get(
    _ key: String, from bucket: String, unless eTag: String? = nil, range: Range<Int>? = nil
  ) async throws(ObjectsError) -> FoundObject {
    var call = call("GET", key, bucket)
    call.responseLimit = limit
    if let eTag { call.headers.append(("If-None-Match", eTag)) }
    if let range, !range.isEmpty {
      call.headers.append(("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    let response = try await send(call) { [200, 206, 304].contains($0.status) || isAbsent($0) }
    switch response.status {
    case 304: return .unchanged
    case 404: return .absent
    default:
      return .object(
        StoredObject(bytes: response.body, details: details(response, response.body.count)))
    }
  }

  /// What is known about an object; nil when there is none.
  package func head(
    _ key: String, in bucket: String
  ) async throws(ObjectsError) -> ObjectDetails? {
    let response = try await send(call("HEAD", key, bucket)) { [200, 404].contains($0.status) }
    guard response.status == 200 else { return nil }
    return details(response, response.headers["content-length"].flatMap(Int.init) ?? 0)
  }

  /// Writes an object whole; its ETag.
  @discardableResult
  package func put(
    _ bytes: [UInt8], as key: String, in bucket: String,
    contentType: String = "application/octet-stream", if condition: WriteCondition = .always
  ) async throws(ObjectsError) -> String {
    var call = call("PUT", key, bucket)
    call.body = bytes
    call.headers.append(("Content-Type", contentType))
    switch condition {
    case .always: break
    case .absent: call.headers.append(("If-None-Match", "*"))
    case .matches(let eTag): call.headers.append(("If-Match", eTag))
    }
    // 404: an object that was to match is not there.
    let response = try await send(call) { response in
      [200, 412].contains(response.status) || condition != .always && isAbsent(response)
    }
    guard response.status == 200 else { throw .conditionFailed }
    return response.headers["etag"] ?? ""
  }

  /// Removes an object; one that is not there is not an error.
  package func delete(_ key: String, from bucket: String) async throws(ObjectsError) {
    _ = try await send(call("DELETE", key, bucket)) { [200, 204].contains($0.status) }
  }

  /// One page of a list of keys, as S3 writes it.
  func list(_ bucket: String, query: String) async throws(ObjectsError) -> ClientResponse {
    var call = call("GET", "", bucket)
    call.query = query
    return try await send(call) { $0.status == 200 }
  }

  /// Path style where an endpoint is configured, the bucket's own host in the real service.
  private func call(_ method: String, _ key: String, _ bucket: String) -> CloudClient.Call {
    let path = "/" + PercentEncoding.encode(key, keepsSlash: true)
    let settings = client.settings
    // A dot in the name fits no certificate for *.s3.….
    let usesPath = settings.configuredEndpoint(of: .s3) != nil || bucket.contains(".")
    guard !usesPath else {
      return CloudClient.Call(
        service: .s3, method: method, base: settings.endpoint(of: .s3),
        path: "/" + PercentEncoding.encode(bucket) + path)
    }
    return CloudClient.Call(
      service: .s3, method: method,
      base: "https://\(bucket).s3.\(settings.region).\(settings.domain)", path: path)
  }

  private func isAbsent(_ response: ClientResponse) -> Bool {
    response.status == 404 && ServiceFailure.read(response).code == "NoSuchKey"
  }

  private func details(_ response: ClientResponse, _ count: Int) -> ObjectDetails {
    ObjectDetails(
      eTag: response.headers["etag"] ?? "", contentType: response.headers["content-type"],
      byteCount: count)
  }

  private func send(
    _ call: CloudClient.Call, isAnswer: @Sendable (ClientResponse) -> Bool
  ) async throws(ObjectsError) -> ClientResponse {
    do throws(CloudError) {
      return try await client.send(call, isAnswer: isAnswer)
    } catch {
      throw .failed(error)
    }
  }
}
