/// Rules for the names of tables and their ARNs.
enum TableName {
  static let longest = 255
  static let shortest = 3
  static let account = "000000000000"
  static let region = "us-east-1"

  /// Whether a text has only what names of tables and indexes may have.
  static func hasNameCharacters(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }

  static func arn(of table: String) -> String {
    "arn:aws:dynamodb:\(region):\(account):table/\(table)"
  }

  /// The name inside `arn:aws:dynamodb:region:account:table/name` and whatever follows it; nil for
  /// anything else. Region and account are not compared: there is one store.
  static func name(inARN arn: String) -> String? {
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "arn", parts[2] == "dynamodb" else { return nil }
    let path = parts[5].split(separator: "/", omittingEmptySubsequences: false)
    guard path.count >= 2, path[0] == "table" else { return nil }
    let name = String(path[1])
    guard hasNameCharacters(name), (shortest...longest).contains(name.utf8.count) else {
      return nil
    }
    return name
  }
}
