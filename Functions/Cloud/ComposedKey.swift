import Crypto

/// Keys made of several parts: `tenant#user`.
///
/// The separator inside a part is escaped, so that no part can pretend to be two and two different
/// lists of parts never make the same key.
package enum ComposedKey {
  package static func join(_ parts: String...) -> String { join(parts) }

  package static func join(_ parts: [String]) -> String {
    parts.map(escape).joined(separator: "#")
  }

  /// The parts that made `key`.
  package static func split(_ key: String) -> [String] {
    key.utf8.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false).map {
      String(decoding: PercentEncoding.decode($0), as: UTF8.self)
    }
  }

  private static func escape(_ part: String) -> String {
    guard part.utf8.contains(where: { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "%") })
    else { return part }
    var escaped: [UInt8] = []
    for byte in part.utf8 {
      switch byte {
      case UInt8(ascii: "#"): escaped += Array("%23".utf8)
      case UInt8(ascii: "%"): escaped += Array("%25".utf8)
      default: escaped.append(byte)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
