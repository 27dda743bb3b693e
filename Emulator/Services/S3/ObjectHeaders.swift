import Server

/// Reads what an upload's headers say about the object to be.
enum ObjectHeaders {
  private static let kept = [
    "Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language",
    "Expires", "x-amz-website-redirect-location",
  ]
  private static let classes: Set<String> = [
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
    "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR", "EXPRESS_ONEZONE",
  ]
  /// Bytes of all names and values of an object's own metadata.
  private static let metadataLimit = 2_048

  /// Headers that would need what this stand-in does not have; ignoring them would be a lie.
  private static let refused = ["x-amz-write-offset-bytes"]

  static func details(_ headers: HTTPHeaders) throws(S3Error) -> ObjectDetails {
    for name in refused where headers.contains(name) { throw .notImplemented(name) }
    var details = ObjectDetails()
    for name in kept {
      guard var value = headers[name] else { continue }
      if name == "Content-Encoding" { value = withoutChunks(value) }
      if !value.isEmpty { details.headers.append(.init(name: name, value: value)) }
    }
    if !headers.contains("Content-Type") {
      details.headers.insert(.init(name: "Content-Type", value: "binary/octet-stream"), at: 0)
    }
    try readMetadata(headers, into: &details)
    try ObjectEncryption.read(headers, into: &details)
    if let name = headers["x-amz-storage-class"] {
      guard classes.contains(name) else {
        throw S3Error(
          "InvalidStorageClass", 400, "The storage class you specified is not valid",
          [("StorageClassRequested", name)])
      }
      if name != "STANDARD" {
        details.headers.append(.init(name: "x-amz-storage-class", value: name))
      }
    }
    if let tagging = headers["x-amz-tagging"] {
      details.tags = try ObjectTags.parse(query: tagging)
    }
    return details
  }

  private static func readMetadata(
    _ headers: HTTPHeaders, into details: inout ObjectDetails
  ) throws(S3Error) {
    var size = 0
    var seen: [String] = []
    for (name, _) in headers {
      let lower = name.lowercased()
      guard lower.hasPrefix("x-amz-meta-"), !seen.contains(lower) else { continue }
      seen.append(lower)
      let value = headers.values(of: name).joined(separator: ",")
      size += lower.utf8.count - "x-amz-meta-".utf8.count + value.utf8.count
      details.headers.append(.init(name: lower, value: value))
    }
    guard size <= metadataLimit else {
      throw S3Error(
        "MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size",
        [("Size", "\(size)"), ("MaxSizeAllowed", "\(metadataLimit)")])
    }
  }

  /// `aws-chunked` is an encoding of the way, not of the object.
  private static func withoutChunks(_ value: String) -> String {
    value.split(separator: ",").map { $0.filter { $0 != " " } }.filter { $0 != "aws-chunked" }
      .joined(separator: ",")
  }
}
