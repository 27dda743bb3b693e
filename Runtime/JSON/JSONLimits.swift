/// What a JSON text may be: how large, how deep, and what happens to the two things RFC 8259 leaves
/// to the reader.
package struct JSONLimits: Sendable, Equatable {
  /// What becomes of a name that stands twice in one object (RFC 8259 §4).
  package enum Duplicates: Sendable {
    case refused
    /// `JSONNode.members` shows them all; a lookup and a `JSONObject` take the last.
    case kept
  }

  /// What becomes of `\ud800` without its other half (RFC 8259 §8.2).
  package enum LoneSurrogates: Sendable {
    case refused
    /// It reads as U+FFFD.
    case replaced
  }

  /// Bytes of UTF-8; never more than `highestBytes`.
  package var bytes: Int
  /// How many arrays and objects may be open at once.
  package var depth: Int
  package var duplicates: Duplicates
  package var loneSurrogates: LoneSurrogates

  package init(
    bytes: Int = 16 << 20, depth: Int = 64, duplicates: Duplicates = .refused,
    loneSurrogates: LoneSurrogates = .refused
  ) {
    self.bytes = min(bytes, JSONLimits.highestBytes)
    self.depth = depth
    self.duplicates = duplicates
    self.loneSurrogates = loneSurrogates
  }

  /// 16 MiB (a DynamoDB batch is the largest text we meet), 64 levels, nothing ambiguous.
  package static let `default` = JSONLimits()

  /// The tape holds offsets and counts in 28 bits.
  package static let highestBytes = (1 << 28) - 1
}
