package import Cloud
import Crypto

/// An index in a bucket: segments that never change, named by their content, and the manifest that
/// names them. Everybody may change it at once: who comes late reads again and repeats.
package struct IndexStore: Sendable {
  package struct Found: Sendable {
    package var manifest: IndexManifest
    /// The manifest's ETag; nil when there is none yet.
    package var tag: String?
  }

  private static let attempts = 10

  private let objects: Objects
  private let bucket: String
  private let prefix: String

  /// Keys begin with `prefix` and a slash.
  package init(_ objects: Objects, bucket: String, prefix: String) {
    self.objects = objects
    self.bucket = bucket
    self.prefix = prefix
  }

  private var manifestKey: String { "\(prefix)/manifest.json" }

  // MARK: Reading

  /// The manifest as it is now; nil when it still has this tag. An absent one is found without a tag.
  package func manifest(unless tag: String? = nil) async throws -> Found? {
    switch try await objects.get(manifestKey, from: bucket, unless: tag) {
    case .unchanged: return nil
    case .absent: return Found(manifest: IndexManifest(), tag: nil)
    case .object(let object):
      return Found(manifest: try IndexManifest(object.bytes), tag: object.details.eTag)
    }
  }

  /// Reads a segment and compares it with what the manifest says. `IndexError.unreadable` when it is
  /// gone: a newer manifest then names others.
  package func segment(_ entry: IndexManifest.Segment) async throws -> IndexSegment {
    guard case .object(let object) = try await objects.get(entry.key, from: bucket) else {
      throw IndexError.unreadable("there is no \(entry.key)")
    }
    guard Hex.encode(SHA256.digest(object.bytes)) == entry.digest else {
      throw IndexError.wrongChecksum
    }
    // The digest above is of the whole file.
    return try IndexSegment(IndexBytes(object.bytes), verifies: false)
  }

  /// The index of some segments, which follow each other in a manifest.
  package func index(_ entries: [IndexManifest.Segment]) async throws -> SearchIndex {
    var segments: [IndexSegment] = []
    for entry in entries { segments.append(try await segment(entry)) }
    return SearchIndex(segments)
  }

  // MARK: Changing

  /// Adds a segment as the newest.
  @discardableResult
  package func append(_ file: [UInt8]) async throws -> IndexManifest {
    let entry = try await put(file)
    return try await change { manifest in
      guard manifest.segments.last != entry else { return }
      manifest.segments.append(entry)
    }
  }

  /// Puts one segment in the place of some that follow each other; none of them: before all others.
  /// `IndexError.changedMeanwhile` when they are not in the manifest any more.
  @discardableResult
  package func replace(
    _ before: [IndexManifest.Segment], by file: [UInt8]
  ) async throws -> IndexManifest {
    let entry = try await put(file)
    return try await change { manifest in
      let start = before.first.map { manifest.segments.firstIndex(of: $0) } ?? 0
      guard let start, manifest.segments[start...].starts(with: before) else {
        throw IndexError.changedMeanwhile
      }
      manifest.retired += before.map(\.key).filter { $0 != entry.key }
      manifest.segments.replaceSubrange(start..<start + before.count, with: [entry])
    }
  }

  /// Makes an empty index where there is none.
  package func createIfAbsent() async throws {
    do throws(ObjectsError) {
      try await objects.put(IndexManifest().encoded, as: manifestKey, in: bucket, if: .absent)
    } catch {
      guard case .conditionFailed = error else { throw error }
    }
  }

  private func put(_ file: [UInt8]) async throws -> IndexManifest.Segment {
    let segment = try IndexSegment(IndexBytes(file))
    let digest = Hex.encode(SHA256.digest(file))
    let key = "\(prefix)/segments/\(digest.prefix(32))"
    try await objects.put(file, as: key, in: bucket)
    return IndexManifest.Segment(
      key: key, digest: digest, size: file.count, count: segment.count,
      removed: segment.removed.count)
  }

  private func change(
    _ edit: (inout IndexManifest) throws -> Void
  ) async throws -> IndexManifest {
    for _ in 0..<Self.attempts {
      guard let found = try await manifest() else { continue }
      var manifest = found.manifest
      let doomed = manifest.retired
      manifest.retired = []
      try edit(&manifest)
      manifest.generation += 1
      guard manifest.segments.count <= IndexManifest.mostSegments else {
        throw IndexError.tooLarge("segments")
      }
      do throws(ObjectsError) {
        try await objects.put(
          manifest.encoded, as: manifestKey, in: bucket, contentType: "application/json",
          if: found.tag.map { .matches($0) } ?? .absent)
      } catch {
        guard case .conditionFailed = error else { throw error }
        continue
      }
      let live = Set(manifest.segments.map(\.key))
      for key in doomed where !live.contains(key) { try await objects.delete(key, from: bucket) }
      return manifest
    }
    throw ObjectsError.conditionFailed
  }
}
