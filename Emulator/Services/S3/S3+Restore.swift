import Server
import Storage

extension StoredObject {
  private static let archives: Set<String> = ["GLACIER", "DEEP_ARCHIVE"]

  var isArchived: Bool { Self.archives.contains(storageClass) }

  /// An archived object is read only while a copy of it is at hand.
  func requireAtHand(_ now: Int) throws(S3Error) {
    guard isArchived, (details.restoredUntil ?? 0) <= now else { return }
    throw S3Error(
      "InvalidObjectState", 403, "The operation is not valid for the object's storage class",
      [("StorageClass", storageClass)])
  }
}

extension S3 {
  private static let dayLimit = 2_147_483_647

  /// RestoreObject: the copy of an archived object is at hand at once.
  func restore(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws -> HTTPResponse {
    let xml = try await request.xml()
    guard xml.name == "RestoreRequest" else { throw S3Error.malformedXML }
    guard xml["SelectParameters"] == nil, xml["Type"] == nil else {
      throw S3Error.notSupported("POST", "restore with SelectParameters")
    }
    guard let days = Int(xml["Days"]?.text ?? ""), (1...Self.dayLimit).contains(days) else {
      throw S3Error.malformedXML
    }
    let (object, isVersioned) = try await find(request, bucket, key, withBody: false)
    guard object.isArchived else {
      throw S3Error(
        "InvalidObjectState", 403, "Restore is not allowed for the object's current storage class",
        [("StorageClass", object.storageClass)])
    }
    let now = self.now()
    let isKnown = (object.details.restoredUntil ?? 0) > now
    // Copies end at midnight.
    let end = (now / 86_400_000 + days + 1) * 86_400_000
    _ = try await edit(request, bucket, key) { _, details in details.restoredUntil = end }
    var response = HTTPResponse(status: isKnown ? 200 : 202)
    if isVersioned { response.headers.append("x-amz-version-id", object.version) }
    return response
  }
}
