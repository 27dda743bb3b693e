import Crypto
import Server

/// How an object is said to be encrypted. Nothing is encrypted here: what was asked for is kept and given
/// back, and an object of a customer's key is read with that key alone. Source: Amazon S3 user guide,
/// "Protecting data with encryption".
enum ObjectEncryption {
  private static let algorithm = "x-amz-server-side-encryption"
  private static let keyID = "x-amz-server-side-encryption-aws-kms-key-id"
  private static let bucketKey = "x-amz-server-side-encryption-bucket-key-enabled"
  private static let context = "x-amz-server-side-encryption-context"
  private static let customer = "server-side-encryption-customer-"
  private static let customerAlgorithm = "x-amz-\(customer)algorithm"
  private static let customerSum = "x-amz-\(customer)key-MD5"
  private static let known = ["AES256", "aws:kms", "aws:kms:dsse"]

  /// The headers that are kept and given back.
  static let kept = [algorithm, keyID, bucketKey, customerAlgorithm, customerSum]

  /// Takes over what an upload's headers say.
  static func read(_ headers: HTTPHeaders, into details: inout ObjectDetails) throws(S3Error) {
    if let sum = try customerKey(in: headers, prefix: "x-amz-") {
      guard !headers.contains(algorithm) else {
        throw .invalidArgument(
          "Server Side Encryption with Customer provided key is incompatible with the encryption "
            + "method specified", algorithm, headers[algorithm] ?? "")
      }
      details.headers.append(.init(name: customerAlgorithm, value: "AES256"))
      details.headers.append(.init(name: customerSum, value: sum))
      return
    }
    guard let name = headers[algorithm] else {
      guard !headers.contains(keyID) else {
        throw .invalidArgument(
          "Server Side Encryption with AWS KMS managed key requires HTTP header "
            + "x-amz-server-side-encryption : aws:kms", algorithm, "null")
      }
      return
    }
    guard known.contains(name) else {
      throw .invalidArgument("The encryption method specified is not supported", algorithm, name)
    }
    guard name != "AES256" else {
      guard !headers.contains(keyID) else {
        throw .invalidArgument(
          "Server Side Encryption with AWS KMS managed key requires HTTP header "
            + "x-amz-server-side-encryption : aws:kms", algorithm, name)
      }
      details.headers.append(.init(name: algorithm, value: name))
      return
    }
    details.headers += [name].map { .init(name: algorithm, value: $0) }
    if let key = headers[keyID] { details.headers.append(.init(name: keyID, value: key)) }
    if headers[bucketKey]?.lowercased() == "true" {
      details.headers.append(.init(name: bucketKey, value: "true"))
    }
  }

  /// Takes over what a bucket says for uploads that say nothing.
  static func apply(bucket document: [UInt8], to details: inout ObjectDetails) throws(S3Error) {
    guard !details.headers.contains(where: { kept.contains($0.name) }),
      let xml = try? XMLElement.reading(document), let rule = xml["Rule"],
      let usual = rule["ApplyServerSideEncryptionByDefault"],
      let name = usual["SSEAlgorithm"]?.text, name != "AES256"
    else { return }
    details.headers.append(.init(name: algorithm, value: name))
    if let key = usual["KMSMasterKeyID"]?.text {
      details.headers.append(.init(name: keyID, value: key))
    }
    if rule["BucketKeyEnabled"]?.text == "true" {
      details.headers.append(.init(name: bucketKey, value: "true"))
    }
  }

  /// The MD5 of the key that a request brings, in Base64; nil without one. `prefix` is `x-amz-` or
  /// `x-amz-copy-source-`.
  private static func customerKey(
    in headers: HTTPHeaders, prefix: String
  ) throws(S3Error) -> String? {
    let (method, name) = ("\(prefix)\(customer)algorithm", "\(prefix)\(customer)key")
    let named = headers[method]
    guard named != nil || headers.contains(name) || headers.contains(name + "-MD5") else {
      return nil
    }
    guard let named else {
      throw .invalidArgument(
        "Requests specifying Server Side Encryption with Customer provided keys must provide a valid "
          + "encryption algorithm.", method, "null")
    }
    guard named == "AES256" else {
      throw S3Error(
        "InvalidEncryptionAlgorithmError", 400,
        "The Encryption request you specified is not valid. Supported value: AES256.",
        [("ArgumentName", method), ("ArgumentValue", named)])
    }
    guard let key = headers[name] else {
      throw .invalidArgument(
        "Requests specifying Server Side Encryption with Customer provided keys must provide an "
          + "appropriate secret key.", name, "null")
    }
    guard let bytes = Base64.standard.decode(key), bytes.count == 32 else {
      throw .invalidArgument(
        "The secret key was invalid for the specified algorithm.", name, "null")
    }
    guard let given = headers[name + "-MD5"] else {
      throw .invalidArgument(
        "Requests specifying Server Side Encryption with Customer provided keys must provide the "
          + "client calculated MD5 of the secret key.", name + "-MD5", "null")
    }
    let sum = Base64.standard.encode(MD5.digest(bytes))
    guard given == sum else {
      throw .invalidArgument(
        "The calculated MD5 hash of the key did not match the hash that was provided.",
        name + "-MD5", given)
    }
    return sum
  }

  /// Holds the key of a request against that of the object which it reads.
  static func check(
    _ headers: HTTPHeaders, reading details: ObjectDetails, prefix: String = "x-amz-"
  ) throws(S3Error) {
    let (key, wanted) = (try customerKey(in: headers, prefix: prefix), details.header(customerSum))
    guard key != wanted else { return }
    guard wanted != nil else {
      throw .invalidRequest("The encryption parameters are not applicable to this object.")
    }
    guard key != nil else {
      throw .invalidRequest(
        "The object was stored using a form of Server Side Encryption. The correct parameters must be "
          + "provided to retrieve the object.")
    }
    throw .accessDenied
  }

  /// Holds the key of a part against that of its upload.
  static func check(_ headers: HTTPHeaders, part details: ObjectDetails) throws(S3Error) {
    guard try customerKey(in: headers, prefix: "x-amz-") == details.header(customerSum) else {
      throw .invalidRequest(
        "The multipart upload initiate requested encryption. Subsequent part requests must include "
          + "the appropriate encryption parameters.")
    }
  }

  /// The name of a key as answers show it.
  static func arn(_ key: String, region: String, account: String) -> String {
    if key.hasPrefix("arn:") { return key }
    let place = key.hasPrefix("alias/") ? key : "key/\(key)"
    return "arn:aws:kms:\(region):\(account):\(place)"
  }

  /// Names the key in full.
  static func complete(_ details: inout ObjectDetails, region: String, account: String) {
    for index in details.headers.indices where details.headers[index].name == keyID {
      details.headers[index].value = arn(
        details.headers[index].value, region: region, account: account)
    }
  }
}

extension HTTPHeaders {
  /// Says how an object is encrypted: as it was asked for, else as S3 encrypts everything.
  mutating func append(encryptionOf details: ObjectDetails) {
    let named = details.headers.filter { ObjectEncryption.kept.contains($0.name) }
    for pair in named { append(pair.name, pair.value) }
    if named.isEmpty { append(ObjectEncryption.kept[0], "AES256") }
  }
}
