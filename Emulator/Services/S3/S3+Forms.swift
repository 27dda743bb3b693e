import Crypto
import Server
import Storage

extension S3Request {
  /// Whether the body is a form of a browser.
  var isForm: Bool {
    headers["Content-Type"]?.lowercased().hasPrefix("multipart/form-data") ?? false
  }
}

/// The fields of a form upload.
struct PostForm: Sendable {
  let fields: [(name: String, value: String)]
  let fileName: String

  /// `name` is in lower case.
  subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The fields that are headers of a PUT under another name.
  var headers: HTTPHeaders {
    var headers = HTTPHeaders()
    for (name, value) in fields {
      switch name {
      case "acl": headers.append("x-amz-acl", value)
      case "content-type", "cache-control", "content-disposition", "content-encoding",
        "content-language", "expires", "content-md5":
        headers.append(name, value)
      case let name where name.hasPrefix("x-amz-") && !Self.signing.contains(name):
        headers.append(name, value)
      default: break
      }
    }
    return headers
  }

  private static let signing: Set<String> = [
    "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token",
  ]
}

extension S3 {
  /// PostObject: an upload from a form in a browser.
  func postObject(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    guard var reader = FormReader(contentType: request.headers["Content-Type"] ?? "") else {
      throw S3Error.preconditionFailed(
        "Bucket POST must be of the enclosure-type multipart/form-data")
    }
    var upload: FormUpload?
    do {
      for try await piece in request.http.body {
        guard let bytes = try reader.read(piece) else { continue }
        if upload == nil {
          guard reader.hasFile else { continue }
          upload = try await beginUpload(reader, request, bucket)
        }
        try await upload?.receive(bytes)
      }
      guard reader.isDone else { throw FormReader.malformed }
      guard let upload else {
        throw S3Error.invalidArgument(
          "POST requires exactly one file upload per request.", "file", "0")
      }
      return try await finish(upload, bucket)
    } catch {
      upload?.receiver.discard()
      if error is ServerError { throw S3Error.incompleteBody }
      throw error
    }
  }

  /// A form whose file is coming in.
  private struct FormUpload: Sendable {
    let form: PostForm
    let key: String
    let policy: PostPolicy?
    let details: ObjectDetails
    var receiver: BodyReceiver
    private var size = 0

    init(
      form: PostForm, key: String, policy: PostPolicy?, details: ObjectDetails,
      receiver: BodyReceiver
    ) {
      (self.form, self.key, self.policy) = (form, key, policy)
      (self.details, self.receiver) = (details, receiver)
    }

    mutating func receive(_ bytes: [UInt8]) async throws {
      size += bytes.count
      // Not more than the policy allows is received.
      if let limit = policy?.limit, size > limit { try policy?.check(length: size) }
      try await receiver.take(bytes)
    }
  }

  private func beginUpload(
    _ reader: FormReader, _ request: S3Request, _ bucket: String
  ) async throws -> FormUpload {
    let form = PostForm(fields: reader.fields, fileName: reader.fileName)
    guard let template = form["key"], !template.isEmpty else {
      throw S3Error.invalidArgument(
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order "
          + "of the fields.", "key", "")
    }
    let key = template.replacing("${filename}", with: form.fileName)
    try S3Request.check(key: key)
    _ = try await database.lookUp { try ObjectTable(connection: $0).requireBucket(bucket) }
    try await checkSigner(form, bucket)
    let policy = try form["policy"].map { text throws(S3Error) in try PostPolicy(text) }
    var checked = form.fields.filter { $0.name != "bucket" && $0.name != "key" }
    checked += [("bucket", bucket), ("key", key)]
    try policy?.check(checked, now: now())
    let headers = form.headers
    var details = try details(of: headers)
    if let tagging = form["tagging"] {
      details.tags = try ObjectTags.parse(XMLElement.reading(Array(tagging.utf8)))
    }
    return FormUpload(
      form: form, key: key, policy: policy, details: details,
      receiver: try BodyReceiver(headers, into: folder))
  }

  /// Who signed the policy. A form without one may only write where everyone may.
  private func checkSigner(_ form: PostForm, _ bucket: String) async throws {
    guard let signatures else { return }
    guard let policy = form["policy"] else {
      guard form["signature"] == nil, form["x-amz-signature"] == nil else {
        throw S3Error.invalidArgument(
          "Bucket POST must contain a field named 'policy'.  If it is specified, please check the "
            + "order of the fields.", "policy", "")
      }
      let owner = ownerID
      let isOpen = try await database.lookUp {
        try ObjectTable(connection: $0).access(to: bucket, owner: owner).lets(everyone: .write)
      }
      guard isOpen else { throw S3Error.accessDenied }
      return
    }
    if form["x-amz-algorithm"] != nil {
      try checkSignature(of: policy, form, signatures)
    } else {
      try checkOlderSignature(of: policy, form, signatures)
    }
  }

  private func field(_ name: String, of form: PostForm) throws(S3Error) -> String {
    guard let value = form[name.lowercased()], !value.isEmpty else {
      throw .invalidArgument(
        "Bucket POST must contain a field named '\(name)'.  If it is specified, please check the "
          + "order of the fields.", name, "")
    }
    return value
  }

  private func checkSignature(
    of policy: String, _ form: PostForm, _ signatures: SignatureCheck
  ) throws(S3Error) {
    let credential = try field("X-Amz-Credential", of: form)
    let signature = try field("X-Amz-Signature", of: form)
    let date = try field("X-Amz-Date", of: form)
    let parts = credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, let time = SigningTime(date), time.day == parts[1],
      parts[2] == signatures.region, parts[3] == "s3", parts[4] == "aws4_request",
      form["x-amz-algorithm"] == RequestSigning.algorithm
    else {
      throw .invalidArgument(
        "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
          + "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".", "X-Amz-Credential", credential)
    }
    guard let known = signatures.credentials(of: parts[0]) else {
      throw .invalidAccessKey(parts[0])
    }
    let signing = RequestSigning(credentials: known, region: parts[2], service: "s3")
    let expected = signing.signature(ofPolicy: policy, at: time)
    guard isEqualInConstantTime(expected, signature) else {
      throw .signatureMismatch(
        accessKeyID: parts[0], stringToSign: policy, signature: signature)
    }
  }

  private func checkOlderSignature(
    of policy: String, _ form: PostForm, _ signatures: SignatureCheck
  ) throws(S3Error) {
    let key = try field("AWSAccessKeyId", of: form)
    let signature = try field("signature", of: form)
    guard let known = signatures.credentials(of: key) else { throw .invalidAccessKey(key) }
    let code = HMAC<SHA1>.code(for: policy, key: Array(known.secretAccessKey.utf8))
    guard isEqualInConstantTime(Base64.standard.encode(code), signature) else {
      throw .signatureMismatch(accessKeyID: key, stringToSign: policy, signature: signature)
    }
  }

  private func finish(_ upload: FormUpload, _ bucket: String) async throws -> HTTPResponse {
    var upload = upload
    let received = try await upload.receiver.finish()
    do {
      try upload.policy?.check(length: received.size)
    } catch {
      if let file = received.body.file { folder.remove([file]) }
      throw error
    }
    var object = StoredObject(key: upload.key)
    object.take(received)
    object.details = upload.details
    object.details.checksum = received.checksum
    let stored = try await store(object, in: bucket, if: Preconditions(HTTPHeaders()))
    return posted(upload.form, object, stored, bucket)
  }

  private func posted(
    _ form: PostForm, _ object: StoredObject, _ stored: Stored, _ bucket: String
  ) -> HTTPResponse {
    let tag = "\"\(stored.eTag)\""
    let path = PercentEncoding.encode(object.key, keepsSlash: true)
    let place = "https://\(bucket).s3.amazonaws.com/\(path)"
    var headers: HTTPHeaders = ["ETag": tag, "Location": place]
    if let version = stored.madeVersion { headers.append("x-amz-version-id", version) }
    if let target = form["success_action_redirect"] ?? form["redirect"],
      target.hasPrefix("http://") || target.hasPrefix("https://"),
      target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    {
      let mark = target.contains("?") ? "&" : "?"
      headers["Location"] =
        "\(target)\(mark)bucket=\(bucket)&key=\(PercentEncoding.encode(object.key))"
        + "&etag=\(PercentEncoding.encode(tag))"
      return HTTPResponse(status: 303, headers: headers)
    }
    guard form["success_action_status"] == "201" else {
      return HTTPResponse(
        status: form["success_action_status"] == "200" ? 200 : 204, headers: headers)
    }
    let body = XMLWriter.document("PostResponse", namespace: nil) { xml in
      xml.element("Location", place)
      xml.element("Bucket", bucket)
      xml.element("Key", object.key)
      xml.element("ETag", tag)
    }
    var response = HTTPResponse(
      status: 201, headers: ["Content-Type": "application/xml"], body: .bytes(body))
    for (name, value) in headers { response.headers.append(name, value) }
    return response
  }
}
