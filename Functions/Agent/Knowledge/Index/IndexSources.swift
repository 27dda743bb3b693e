package import Cloud

/// Where an assistant's index comes from: its own segment, which its ingestion writes, and the
/// documents', which change while people work. Remembers what was loaded.
package actor IndexSources {
  private struct Loaded {
    var segment: IndexSegment
    var tag: String
  }

  private let objects: Objects
  private let bucket: String
  private let ownKey: String
  private let documents: IndexStore
  /// A file of the package that the documents begin with when the bucket has none.
  private let base: String?
  private let ownInterval: Duration
  private let rebuild: @Sendable () async throws -> Void

  private var own: Loaded?
  private var ownChecked: ContinuousClock.Instant?
  private var documentsTag: String?
  private var segments: [String: IndexSegment] = [:]
  private var order: [String] = []
  private var baseSegment: IndexSegment?
  private var askedForRebuild: ContinuousClock.Instant?

  /// The longest a rebuild is waited for before it is asked for again.
  private static let rebuildInterval = Duration.seconds(60)

  /// `ownKey` is looked at each `ownInterval`, the documents' manifest at every load. `rebuild` is
  /// asked for when the documents' index is missing; it need not wait for the end.
  package init(
    objects: Objects, bucket: String, ownKey: String, documents: String, base: String?,
    ownInterval: Duration, rebuild: @escaping @Sendable () async throws -> Void
  ) {
    self.objects = objects
    self.bucket = bucket
    self.ownKey = ownKey
    self.documents = IndexStore(objects, bucket: bucket, prefix: documents)
    self.base = base
    self.ownInterval = ownInterval
    self.rebuild = rebuild
  }

  /// The newest index with its tag; nil when it is the one with this tag. An index that is there in
  /// part only is one: who has no documents still has words.
  package func load(unless tag: String?) async throws -> Knowledge.State? {
    var isStale = false
    do {
      try await loadOwn()
    } catch {
      guard own != nil else { throw error }
      isStale = true
    }
    do {
      try await loadDocuments()
    } catch {
      isStale = true
    }
    // Until there is a manifest again, what there is may be old or nothing.
    if documentsTag == nil { isStale = true }
    let now = "\(own?.tag ?? "") \(documentsTag ?? "")"
    if now == tag, !isStale { return nil }
    var parts = own.map { [$0.segment] } ?? []
    if documentsTag == nil, let packed = try packedBase() { parts.append(packed) }
    parts += order.compactMap { segments[$0] }
    return Knowledge.State(index: SearchIndex(parts), tag: now, isStale: isStale)
  }

  private func loadOwn() async throws {
    if own != nil, let ownChecked, ownChecked.duration(to: .now) < ownInterval { return }
    switch try await objects.get(ownKey, from: bucket, unless: own?.tag) {
    case .object(let object):
      var segment = try IndexSegment(IndexBytes(object.bytes))
      segment.isWordsOnly = true
      segment.name = object.details.eTag
      own = Loaded(segment: segment, tag: object.details.eTag)
    case .unchanged: break
    case .absent: own = nil
    }
    ownChecked = .now
  }

  private func loadDocuments() async throws {
    guard let found = try await documents.manifest(unless: documentsTag) else { return }
    guard let tag = found.tag else {
      await askForRebuild()
      // What is in memory is better than nothing until the rebuilt one is there.
      documentsTag = nil
      if !order.isEmpty { throw IndexError.unreadable("there is no manifest") }
      return
    }
    var loaded: [String: IndexSegment] = [:]
    for entry in found.manifest.segments {
      var segment = segments[entry.key] ?? packed(entry)
      if segment == nil { segment = try await documents.segment(entry) }
      segment?.name = entry.digest
      loaded[entry.key] = segment
    }
    segments = loaded
    order = found.manifest.segments.map(\.key)
    documentsTag = tag
  }

  /// The packed file, when it is the very segment that the manifest names: nothing is fetched then.
  private func packed(_ entry: IndexManifest.Segment) -> IndexSegment? {
    guard let base, let bytes = try? IndexBytes(mapping: base), bytes.count == entry.size,
      bytes.digest == entry.digest
    else { return nil }
    return try? IndexSegment(bytes, verifies: false)
  }

  private func packedBase() throws -> IndexSegment? {
    guard let base else { return nil }
    if let baseSegment { return baseSegment }
    baseSegment = try IndexSegment(IndexBytes(mapping: base), verifies: false)
    return baseSegment
  }

  private func askForRebuild() async {
    if let askedForRebuild, askedForRebuild.duration(to: .now) < Self.rebuildInterval { return }
    askedForRebuild = .now
    // One that fails is asked for again; the answers go on by words alone.
    try? await rebuild()
  }
}
