/// A retrievable piece of text with where it comes from and who may find it.
package struct Passage: Sendable, Equatable {
  /// Opaque and unique within an index.
  package var id: String
  /// Where the text comes from, as people are shown it: `japanese/word/食べる`, `handbook.md`.
  package var source: String
  package var title: String
  package var text: String
  /// What kind of thing it is (`word`, `kanji`, `sentence`, `text`): a filter of the index.
  package var type: String
  package var tags: [String]
  /// Whose it is; nil is knowledge shared by all tenants.
  package var tenant: String?
  /// The one user who may find it; nil is everybody of the tenant.
  package var owner: String?

  package init(
    id: String, source: String, title: String, text: String, type: String = "text",
    tags: [String] = [], tenant: String? = nil, owner: String? = nil
  ) {
    self.id = id
    self.source = source
    self.title = title
    self.text = text
    self.type = type
    self.tags = tags
    self.tenant = tenant
    self.owner = owner
  }
}

/// Who is searching, and for what: decides which passages a search may see at all.
package struct PassageFilter: Sendable, Equatable {
  package var tenant: String
  package var owner: String
  /// The types wanted; nil is all of them.
  package var types: Set<String>?
  /// The sources wanted, in full; nil is all of them.
  package var sources: Set<String>?
  package var titles: Set<String>?
  /// A passage must have all of these.
  package var tags: Set<String>

  package init(
    tenant: String, owner: String, types: Set<String>? = nil, sources: Set<String>? = nil,
    titles: Set<String>? = nil, tags: Set<String> = []
  ) {
    self.tenant = tenant
    self.owner = owner
    self.types = types
    self.sources = sources
    self.titles = titles
    self.tags = tags
  }

  /// True when a passage of this group may be seen: shared, or the tenant's, or the owner's own.
  func admits(_ group: PassageGroup) -> Bool {
    if let types, !types.contains(group.type) { return false }
    if let tenant = group.tenant, tenant != self.tenant { return false }
    guard let owner = group.owner else { return true }
    return group.tenant == tenant && owner == self.owner
  }

  /// Whether more than the group decides.
  var looksAtRecords: Bool { sources != nil || titles != nil || !tags.isEmpty }

  /// Of a passage whose group is admitted.
  func admits(_ passage: Passage) -> Bool {
    (sources?.contains(passage.source) ?? true) && (titles?.contains(passage.title) ?? true)
      && tags.isSubset(of: passage.tags)
  }
}

/// What passages with equal filters have in common; the index stores each group once.
struct PassageGroup: Hashable, Sendable {
  var type: String
  var tenant: String?
  var owner: String?

  init(type: String, tenant: String?, owner: String?) {
    self.type = type
    self.tenant = tenant
    self.owner = owner
  }

  init(_ passage: Passage) {
    self.init(type: passage.type, tenant: passage.tenant, owner: passage.owner)
  }
}
