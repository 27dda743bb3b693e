import JSON
import Server

/// Who may do what with a bucket or an object: kept and given back; heeded for callers without a
/// signature when signatures are checked. Source: Amazon S3 user guide, "Access control list (ACL)
/// overview".
struct AccessControl: Sendable, Equatable {
  enum Grantee: Sendable, Equatable {
    case user(String)
    case group(String)
  }

  enum Permission: String, Sendable {
    case fullControl = "FULL_CONTROL"
    case read = "READ"
    case write = "WRITE"
    case readACP = "READ_ACP"
    case writeACP = "WRITE_ACP"
  }

  struct Grant: Sendable, Equatable {
    var grantee: Grantee
    var permission: Permission
  }

  static let everyone = "http://acs.amazonaws.com/groups/global/AllUsers"
  private static let authenticated = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
  private static let logDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery"
  private static let grantLimit = 100

  var grants: [Grant]

  /// What the owner alone may use.
  static func `private`(_ owner: String) -> AccessControl {
    AccessControl(grants: [Grant(grantee: .user(owner), permission: .fullControl)])
  }

  /// Whether callers without a signature have a permission.
  func lets(everyone permission: Permission) -> Bool {
    grants.contains {
      $0.grantee == .group(Self.everyone)
        && ($0.permission == permission || $0.permission == .fullControl)
    }
  }

  // MARK: From a request

  /// What the headers of a request give; nil when they say nothing.
  static func named(in headers: HTTPHeaders, owner: String) throws(S3Error) -> AccessControl? {
    let given = try granted(in: headers)
    guard let name = headers["x-amz-acl"] else {
      return given.isEmpty ? nil : AccessControl(grants: given)
    }
    guard given.isEmpty else {
      throw .invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
    }
    var access = Self.private(owner)
    switch name {
    case "private", "bucket-owner-read", "bucket-owner-full-control", "aws-exec-read": break
    case "public-read": access.add(.group(everyone), [.read])
    case "public-read-write": access.add(.group(everyone), [.read, .write])
    case "authenticated-read": access.add(.group(authenticated), [.read])
    case "log-delivery-write": access.add(.group(logDelivery), [.write, .readACP])
    default: throw .invalidArgument("", "x-amz-acl", name)
    }
    return access
  }

  private mutating func add(_ grantee: Grantee, _ permissions: [Permission]) {
    grants += permissions.map { Grant(grantee: grantee, permission: $0) }
  }

  private static func granted(in headers: HTTPHeaders) throws(S3Error) -> [Grant] {
    let names: [(String, Permission)] = [
      ("x-amz-grant-full-control", .fullControl), ("x-amz-grant-read", .read),
      ("x-amz-grant-write", .write), ("x-amz-grant-read-acp", .readACP),
      ("x-amz-grant-write-acp", .writeACP),
    ]
    var grants: [Grant] = []
    for (name, permission) in names {
      for part in (headers[name] ?? "").split(separator: ",") {
        let halves = part.split(separator: "=", maxSplits: 1)
        let kind = halves.first?.filter { $0 != " " }.lowercased() ?? ""
        guard halves.count == 2, ["id", "uri", "emailaddress"].contains(kind) else {
          throw .invalidArgument("Argument format not recognized", name, String(part))
        }
        let value = halves[1].filter { $0 != " " && $0 != "\"" }
        grants.append(Grant(grantee: try grantee(kind, value, kind), permission: permission))
      }
    }
    return grants
  }

  /// `place` is where the name stood, for the error.
  private static func grantee(
    _ kind: String, _ value: String, _ place: String
  ) throws(S3Error) -> Grantee {
    switch kind {
    case "id":
      guard value.utf8.count == 64, value.utf8.allSatisfy({ $0.isHexDigit }) else {
        throw .invalidArgument("Invalid id", place, value)
      }
      return .user(value)
    case "uri":
      guard [everyone, authenticated, logDelivery].contains(value) else {
        throw .invalidArgument("Invalid group uri", place, value)
      }
      return .group(value)
    default:
      throw S3Error(
        "UnresolvableGrantByEmailAddress", 400,
        "The e-mail address you provided does not match any account on record.",
        [("Email", value)])
    }
  }

  /// The document of PutBucketAcl and PutObjectAcl.
  init(_ xml: XMLElement) throws(S3Error) {
    guard xml.name == "AccessControlPolicy", let list = xml["AccessControlList"],
      list.all("Grant").count <= Self.grantLimit, let owner = xml["Owner"]?["ID"]?.text
    else { throw Self.malformed }
    _ = try Self.grantee("id", owner, "CanonicalUser/ID")
    grants = []
    for element in list.all("Grant") {
      guard let permission = Permission(rawValue: element["Permission"]?.text ?? ""),
        let who = element["Grantee"]
      else { throw Self.malformed }
      let grantee: Grantee
      if let id = who["ID"]?.text {
        grantee = try Self.grantee("id", id, "CanonicalUser/ID")
      } else if let uri = who["URI"]?.text {
        grantee = try Self.grantee("uri", uri, "Group/URI")
      } else if let mail = who["EmailAddress"]?.text {
        grantee = try Self.grantee("emailaddress", mail, "EmailAddress")
      } else {
        throw Self.malformed
      }
      grants.append(Grant(grantee: grantee, permission: permission))
    }
  }

  init(grants: [Grant]) { self.grants = grants }

  private static let malformed = S3Error(
    "MalformedACLError", 400,
    "The XML you provided was not well-formed or did not validate against our published schema")

  // MARK: In the database and on the wire

  var stored: JSONValue {
    .array(
      grants.map { grant in
        switch grant.grantee {
        case .user(let id): ["u", .string(id), .string(grant.permission.rawValue)]
        case .group(let uri): ["g", .string(uri), .string(grant.permission.rawValue)]
        }
      })
  }

  init?(stored: JSONValue?) {
    guard let entries = stored?.array else { return nil }
    grants = entries.compactMap { entry in
      guard let parts = entry.array?.compactMap(\.string), parts.count == 3,
        let permission = Permission(rawValue: parts[2])
      else { return nil }
      return Grant(
        grantee: parts[0] == "g" ? .group(parts[1]) : .user(parts[1]), permission: permission)
    }
  }

  func write(to xml: inout XMLWriter) {
    xml.element("AccessControlList") { xml in
      for grant in grants {
        xml.element("Grant") { xml in
          xml.raw(Self.granteeXML(grant.grantee))
          xml.element("Permission", grant.permission.rawValue)
        }
      }
    }
  }

  private static func granteeXML(_ grantee: Grantee) -> String {
    let space = #"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#
    switch grantee {
    case .user(let id):
      return "<Grantee \(space) xsi:type=\"CanonicalUser\"><ID>\(id)</ID>"
        + "<DisplayName>martlet</DisplayName></Grantee>"
    case .group(let uri):
      return "<Grantee \(space) xsi:type=\"Group\"><URI>\(uri)</URI></Grantee>"
    }
  }
}

extension UInt8 {
  fileprivate var isHexDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x46).contains(self & 0xDF)
  }
}
