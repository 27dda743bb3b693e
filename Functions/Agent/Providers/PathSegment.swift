import Crypto

/// Parts of a URL's path that come from settings.
enum PathSegment {
  /// Everything but letters, digits and `-._~` percent-encoded, slashes too: an ARN stays one segment.
  static func encoded(_ text: String) -> String { PercentEncoding.encode(text) }
}
