import Crypto
import JSON

/// Which segments make up an index, oldest first. The one object of an index that changes; whoever
/// writes it names the version that it replaces.
package struct IndexManifest: Sendable, Equatable {
  package struct Segment: Sendable, Equatable {
    package var key: String
    /// SHA-256 of the file, in hexadecimal.
    package var digest: String
    /// Bytes.
    package var size: Int
    /// Passages.
    package var count: Int
    /// Marks of passages of earlier segments that are no more.
    package var removed: Int
  }

  /// Segments that it is time to put together.
  package enum Compaction: Sendable, Equatable {
    case all
    /// All but the first, which is so much larger that it is left alone.
    case later
  }

  static let format = 1
  static let mostSegments = 64
  /// With more segments than these it is time to put some together.
  private static let manySegments = 8
  /// So many changes are worth writing a small index anew.
  private static let fewChanges = 64

  /// Counts the changes.
  package var generation = 0
  package var segments: [Segment] = []
  /// Keys of files that the manifest before still named: they are deleted with the next change.
  package var retired: [String] = []

  package init() {}

  package init(_ bytes: [UInt8]) throws(IndexError) {
    guard let value = try? JSONValue(parsing: bytes), value["format"]?.int == Self.format,
      let generation = value["generation"]?.int, let list = value["segments"]?.array,
      list.count <= Self.mostSegments
    else { throw .damaged(section: "manifest") }
    self.generation = generation
    retired = (value["retired"]?.array ?? []).compactMap(\.string)
    for entry in list {
      guard let key = entry["key"]?.string, let digest = entry["digest"]?.string,
        let size = entry["size"]?.int, let count = entry["count"]?.int, size > 0, count >= 0
      else { throw .damaged(section: "manifest") }
      segments.append(
        Segment(
          key: key, digest: digest, size: size, count: count, removed: entry["removed"]?.int ?? 0))
    }
  }

  /// What is to be put together: all when a quarter of the first segment has changed, the later ones
  /// when there are many of them.
  package var compaction: Compaction? {
    guard let first = segments.first, segments.count > 1 else { return nil }
    let changes = segments.dropFirst().reduce(0) { $0 + $1.count + $1.removed }
    if changes > max(Self.fewChanges, first.count / 4) { return .all }
    return segments.count > Self.manySegments ? .later : nil
  }

  package var encoded: [UInt8] {
    let value: JSONValue = [
      "format": .int(Self.format), "generation": .int(generation),
      "segments": .array(
        segments.map {
          [
            "key": .string($0.key), "digest": .string($0.digest), "size": .int($0.size),
            "count": .int($0.count), "removed": .int($0.removed),
          ]
        }), "retired": .array(retired.map(JSONValue.string)),
    ]
    return value.encoded()
  }
}
