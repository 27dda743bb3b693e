import Crypto
import Server

/// An error as S3 answers it. Source: Amazon S3 API reference, "Error responses".
struct S3Error: Error, Sendable {
  var code: String
  var status: Int
  var message: String
  /// Further elements, such as `Key` or `BucketName`.
  var details: [(String, String)] = []
  var headers: HTTPHeaders = [:]

  init(
    _ code: String, _ status: Int, _ message: String, _ details: [(String, String)] = [],
    headers: HTTPHeaders = [:]
  ) {
    self.code = code
    self.status = status
    self.message = message
    self.details = details
    self.headers = headers
  }

  /// The answer; `resource` is the path of the request.
  func response(resource: String, requestID: String, isHead: Bool) -> HTTPResponse {
    var headers = self.headers
    headers["x-amz-request-id"] = requestID
    headers["x-amz-id-2"] = S3Error.hostID
    guard !isHead, status != 304 else { return HTTPResponse(status: status, headers: headers) }
    headers["Content-Type"] = "application/xml"
    let body = XMLWriter.document("Error", namespace: nil) { xml in
      xml.element("Code", code)
      xml.element("Message", message)
      for (name, value) in details { xml.element(name, value) }
      xml.element("Resource", resource)
      xml.element("RequestId", requestID)
      xml.element("HostId", S3Error.hostID)
    }
    return HTTPResponse(status: status, headers: headers, body: .bytes(body))
  }

  /// Stands for the machine that answered.
  static let hostID = Base64.standard.encode(Array("martlet-emulator-s3-host-identifier".utf8))
}

extension S3Error {
  static func noSuchBucket(_ name: String) -> S3Error {
    S3Error(
      "NoSuchBucket", 404, "The specified bucket does not exist", [("BucketName", name)])
  }

  static func noSuchKey(_ key: String) -> S3Error {
    S3Error("NoSuchKey", 404, "The specified key does not exist.", [("Key", key)])
  }

  static func noSuchVersion(_ key: String, _ version: String) -> S3Error {
    S3Error(
      "NoSuchVersion", 404, "The specified version does not exist.",
      [("Key", key), ("VersionId", version)])
  }

  /// An object, or a version of it, that is not there.
  static func absent(_ key: String, _ version: String?) -> S3Error {
    guard let version else { return .noSuchKey(key) }
    return VersionID.isValid(version) ? .noSuchVersion(key, version) : .invalidVersion(version)
  }

  static func invalidVersion(_ version: String) -> S3Error {
    invalidArgument("Invalid version id specified", "versionId", version)
  }

  /// What a delete marker cannot be used for.
  static func deleteMarker(_ method: String) -> S3Error {
    var error = methodNotAllowed
    error.details = [("Method", method), ("ResourceType", "DeleteMarker")]
    return error
  }

  static func noSuchUpload(_ id: String) -> S3Error {
    S3Error(
      "NoSuchUpload", 404,
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        + "been aborted or completed.", [("UploadId", id)])
  }

  static func invalidArgument(_ message: String, _ name: String, _ value: String) -> S3Error {
    S3Error(
      "InvalidArgument", 400, message, [("ArgumentName", name), ("ArgumentValue", value)])
  }

  static func invalidRequest(_ message: String) -> S3Error {
    S3Error("InvalidRequest", 400, message)
  }

  static func preconditionFailed(_ condition: String) -> S3Error {
    S3Error(
      "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold",
      [("Condition", condition)])
  }

  /// `reason` says what about the header it is, when that is only its value.
  static func notImplemented(_ header: String, _ reason: String? = nil) -> S3Error {
    S3Error(
      "NotImplemented", 501, "A header you provided implies functionality that is not implemented",
      [("Header", header)] + (reason.map { [("additionalMessage", $0)] } ?? []))
  }

  /// Something else happened to the object since the upload began.
  static func conflict(_ condition: String, _ key: String) -> S3Error {
    S3Error(
      "ConditionalRequestConflict", 409,
      "The conditional request cannot succeed due to a conflicting operation against this resource.",
      [("Condition", condition), ("Key", key)])
  }

  static let malformedXML = S3Error(
    "MalformedXML", 400,
    "The XML you provided was not well-formed or did not validate against our published schema")

  static let missingBody = S3Error("MissingRequestBodyError", 400, "Request Body is empty")

  static let methodNotAllowed = S3Error(
    "MethodNotAllowed", 405, "The specified method is not allowed against this resource.")

  static let incompleteBody = S3Error(
    "IncompleteBody", 400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header")

  static let internalError = S3Error(
    "InternalError", 500, "We encountered an internal error. Please try again.")

  static let tooLarge = S3Error(
    "EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size")
}
