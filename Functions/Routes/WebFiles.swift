import Crypto
import Glibc

/// The page's files, as they are packed with the function.
struct WebFiles: Sendable {
  /// A file with what its answer says about it.
  struct File: Sendable {
    let bytes: [UInt8]
    let contentType: String
    let isText: Bool
    /// A strong entity tag, quotes included.
    let tag: String
    let cacheControl: String
  }

  /// Largest file; API Gateway takes responses up to 6 MB, as base64.
  private static let longest = 4 * 1024 * 1024

  private static let types: [String: (type: String, isText: Bool)] = [
    "html": ("text/html; charset=utf-8", true), "js": ("text/javascript; charset=utf-8", true),
    "css": ("text/css; charset=utf-8", true), "svg": ("image/svg+xml", true),
    "json": ("application/json; charset=utf-8", true), "png": ("image/png", false),
    "ico": ("image/x-icon", false), "woff2": ("font/woff2", false),
    "webmanifest": ("application/manifest+json", true),
  ]

  let folder: String

  /// The file of a path in segments; no segments are the page itself. nil when there is none.
  func file(_ segments: [String]) -> File? {
    let names = segments.isEmpty ? ["index.html"] : segments
    guard names.count <= 8, names.allSatisfy(Self.isName),
      let ending = names.last?.split(separator: ".").last, let kind = Self.types[String(ending)],
      let bytes = PlainFile.bytes(
        of: "\(folder)/\(names.joined(separator: "/"))", limit: Self.longest)
    else { return nil }
    let digest = SHA256.digest(bytes).prefix(16)
    return File(
      bytes: bytes, contentType: kind.type, isText: kind.isText,
      tag: "\"\(Base64.url.encode(Array(digest)))\"",
      // Names stay when contents change: each use asks, and mostly hears 304. Libraries change rarely.
      cacheControl: names.first == "vendor" ? "public, max-age=3600" : "no-cache")
  }

  /// Letters, digits, `-`, `_` and `.`, not in front: nothing that leads elsewhere or is hidden.
  private static func isName(_ name: String) -> Bool {
    guard (1...64).contains(name.utf8.count), name.utf8.first != UInt8(ascii: ".") else {
      return false
    }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
      default: false
      }
    }
  }
}
