import JSON

/// A secret with its versions: the rules of versions, stages and deletion, without any I/O.
///
/// Source: Secrets Manager user guide, "What's in a Secrets Manager secret?"; the texts of errors are
/// the service's.
struct Secret: Sendable, Equatable {
  static let current = "AWSCURRENT"
  static let previous = "AWSPREVIOUS"
  static let pending = "AWSPENDING"
  /// Versions without a stage are removed when there are more than this many; the service keeps about
  /// a hundred ("Secrets Manager quotas").
  static let mostVersions = 100

  struct Version: Sendable, Equatable {
    let id: String
    var stages: [String]
    /// Nil for one that a rotation is about to fill.
    var value: SecretValue?
    /// Unix seconds.
    let created: Double
    /// The day on which it was read last, in Unix seconds.
    var accessed: Double?
  }

  let name: String
  let arn: String
  var description: String?
  var keyID: String?
  /// Key and value, in the order in which they were given; nil while there was never one.
  var tags: [Tag]?
  let created: Double
  var changed: Double
  var accessed: Double?
  /// When it is to be deleted; nil for one that is in use.
  var deletion: Double?
  var deleted: Double?
  var versions: [Version] = []
  var rotation: SecretRotation?
  /// The resource policy, as it was put.
  var policy: String?

  struct Tag: Sendable, Equatable {
    let key: String
    let value: String
  }

  /// Adds a version and moves the stages to it. The one that loses `AWSCURRENT` becomes `AWSPREVIOUS`.
  ///
  /// The same id with the same value is the same request again and changes nothing; with another value
  /// it is refused.
  mutating func put(
    _ value: SecretValue, id: String, stages: [String]?, at now: Double
  ) throws(JSONServiceError) {
    if let place = versions.firstIndex(where: { $0.id == id && $0.value == nil }) {
      versions[place].value = value
      for stage in stages ?? [] where !versions[place].stages.contains(stage) {
        move(stage, to: id)
      }
      changed = now
      return
    }
    if let known = versions.first(where: { $0.id == id }) {
      guard known.value == value else { throw tokenInUse(id) }
      return
    }
    // A first version is always the current one.
    let wanted = versions.isEmpty ? (stages ?? []) + [Self.current] : stages ?? [Self.current]
    versions.append(Version(id: id, stages: [], value: value, created: now))
    // `AWSPENDING` does not stay where `AWSCURRENT` was.
    if wanted.contains(Self.current), let holder = place(of: Self.current) {
      versions[holder].stages.removeAll { $0 == Self.pending }
    }
    for stage in wanted where !versions[versions.count - 1].stages.contains(stage) {
      move(stage, to: id)
    }
    changed = now
    trim()
  }

  /// Moves one stage, as `UpdateSecretVersionStage` does it.
  mutating func move(
    _ stage: String, from old: String?, to new: String?, at now: Double
  ) throws(JSONServiceError) {
    for id in [old, new].compactMap({ $0 }) where !versions.contains(where: { $0.id == id }) {
      throw Self.noVersion("VersionId: \(id)")
    }
    let holder = versions.first { $0.stages.contains(stage) }?.id
    if new != nil, holder != nil, holder != old, holder != new {
      throw JSONServiceError(
        "InvalidParameterException",
        "The parameter RemoveFromVersionId can't be empty. Staging label \(stage) is currently "
          + "attached to version \(holder ?? ""), so you must explicitly reference that version in "
          + "RemoveFromVersionId.")
    }
    if let old, holder != old {
      throw JSONServiceError(
        "InvalidParameterException",
        "Staging label \(stage) isn't attached to version \(old).")
    }
    guard let new else {
      guard stage != Self.current else {
        throw JSONServiceError(
          "InvalidParameterException",
          "You can't remove the staging label AWSCURRENT; move it to another version instead.")
      }
      detach(stage)
      changed = now
      return
    }
    move(stage, to: new)
    changed = now
    trim()
  }

  /// The version that a request names; by default the current one.
  func version(id: String?, stage: String?) throws(JSONServiceError) -> Version {
    try requireUse()
    if let id {
      guard let found = versions.first(where: { $0.id == id }) else {
        throw Self.noVersion("VersionId: \(id)")
      }
      guard stage.map({ found.stages.contains($0) }) ?? true else {
        throw JSONServiceError(
          "InvalidRequestException",
          "You provided a VersionStage that is not associated to the provided VersionId.")
      }
      return found
    }
    let label = stage ?? Self.current
    guard let found = versions.first(where: { $0.stages.contains(label) }) else {
      throw Self.noVersion("staging label: \(label)")
    }
    return found
  }

  func requireUse() throws(JSONServiceError) {
    guard deletion == nil else {
      throw JSONServiceError(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.")
    }
  }

  private func place(of stage: String) -> Int? {
    versions.firstIndex { $0.stages.contains(stage) }
  }

  mutating func move(_ stage: String, to id: String) {
    let holder = versions.first { $0.stages.contains(stage) }?.id
    detach(stage)
    guard let place = versions.firstIndex(where: { $0.id == id }) else { return }
    versions[place].stages.append(stage)
    if stage == Self.current, let holder, holder != id {
      detach(Self.previous)
      versions[place].stages.removeAll { $0 == Self.previous }
      if let old = versions.firstIndex(where: { $0.id == holder }) {
        versions[old].stages.append(Self.previous)
      }
    }
  }

  private mutating func detach(_ stage: String) {
    for place in versions.indices { versions[place].stages.removeAll { $0 == stage } }
  }

  private mutating func trim() {
    while versions.count > Self.mostVersions,
      let place = versions.firstIndex(where: { $0.stages.isEmpty })
    {
      versions.remove(at: place)
    }
  }

  func tokenInUse(_ token: String) -> JSONServiceError {
    JSONServiceError(
      "ResourceExistsException",
      "You can't use ClientRequestToken \(token) because that value is already in use for a "
        + "version of secret \(arn).")
  }

  static func noVersion(_ what: String) -> JSONServiceError {
    JSONServiceError(
      "ResourceNotFoundException",
      "Secrets Manager can't find the specified secret value for \(what)")
  }
}

/// What a version holds: text or bytes.
enum SecretValue: Sendable, Equatable {
  case text(String)
  case binary([UInt8])
}
