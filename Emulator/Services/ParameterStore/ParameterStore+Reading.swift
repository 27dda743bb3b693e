import Crypto
import JSON
import Template

/// Getting parameters, one by one and below a path.
extension ParameterStore {
  func getParameter(_ input: JSONMembers) async throws -> JSONValue {
    let reference = ParameterReference(try input.required("Name"))
    let decrypts = try input.bool("WithDecryption") ?? false
    if let secret = SecretReference(reference) {
      return ["Parameter": try await shown(secret, decrypts: decrypts)]
    }
    let version = try await read { try self.version(reference, in: $0) }
    return [
      "Parameter": try await shown(version, decrypts: decrypts, selector: reference.selector)
    ]
  }

  func getParameters(_ input: JSONMembers) async throws -> JSONValue {
    // Each once, however often it is asked for.
    var seen: Set<String> = []
    let names = try (input.strings("Names") ?? []).filter { seen.insert($0).inserted }
    let decrypts = try input.bool("WithDecryption") ?? false
    let found = try await read { table in
      try names.map { name -> ParameterVersion? in
        do {
          return try self.version(ParameterReference(name), in: table)
        } catch is JSONServiceError {
          return nil
        }
      }
    }
    var parameters: [JSONValue] = []
    var invalid: [JSONValue] = []
    for (name, version) in zip(names, found) {
      if let secret = SecretReference(ParameterReference(name)) {
        parameters.append(try await shown(secret, decrypts: decrypts))
        continue
      }
      guard let version else {
        invalid.append(.string(name))
        continue
      }
      parameters.append(
        try await shown(
          version, decrypts: decrypts, selector: ParameterReference(name).selector))
    }
    return ["Parameters": .array(parameters), "InvalidParameters": .array(invalid)]
  }

  func getParametersByPath(_ input: JSONMembers) async throws -> JSONValue {
    let path = try input.required("Path")
    try ParameterName.checkPath(path)
    let filters = try ParameterFilter.read(
      input, allowed: ["Type", "KeyId", "Label"], tags: false)
    let isRecursive = try input.bool("Recursive") ?? false
    let decrypts = try input.bool("WithDecryption") ?? false
    let limit = try input.int("MaxResults") ?? 10
    let start = try Self.start(input)
    let folder = path.hasSuffix("/") ? path : path + "/"
    let wanted = filters.first { $0.key == "Label" }
    let found = try await read { table in
      var found: [ParameterVersion] = []
      // Below the root lie those without a slash, too.
      let isRoot = folder == "/"
      try table.latest(
        from: isRoot ? start : max(folder, start), below: isRoot ? nil : folder.dropLast() + "0"
      ) { latest in
        let path = ParameterName.qualified(latest.name)
        guard latest.name != start, isRecursive || !path.dropFirst(folder.count).contains("/")
        else { return true }
        var version = latest
        if let wanted {
          let labelled = try table.versions(of: latest.name).first { version in
            version.labels.contains { wanted.values.contains($0) }
          }
          guard let labelled else { return true }
          version = labelled
        }
        if try filters.allSatisfy({ try $0.matches(version, in: table) }) { found.append(version) }
        return found.count <= limit
      }
      return found
    }
    let page = Page(found, limit: limit, name: \.name)
    var parameters: [JSONValue] = []
    for version in page.entries { parameters.append(try await shown(version, decrypts: decrypts)) }
    var answer: JSONValue = ["Parameters": .array(parameters)]
    answer["NextToken"] = page.next.map { .string($0) }
    return answer
  }

  func getParameterHistory(_ input: JSONMembers) async throws -> JSONValue {
    let name = ParameterReference(try input.required("Name")).name
    let decrypts = try input.bool("WithDecryption") ?? false
    let limit = try input.int("MaxResults") ?? 50
    let start = Int(try Self.start(input)) ?? 0
    let versions = try await read { try $0.versions(of: name) }
    guard !versions.isEmpty else { throw Self.notFound }
    let page = Page(versions.filter { $0.version > start }, limit: limit) { String($0.version) }
    var entries: [JSONValue] = []
    for version in page.entries {
      let value = try await shown(version, decrypts: decrypts)
      var entry = metadata(version)
      entry["ARN"] = nil
      entry["Value"] = value["Value"]
      entry["Labels"] = .array(version.labels.map { .string($0) })
      entries.append(entry)
    }
    var answer: JSONValue = ["Parameters": .array(entries)]
    answer["NextToken"] = page.next.map { .string($0) }
    return answer
  }

  func describeParameters(_ input: JSONMembers) async throws -> JSONValue {
    let filters = try ParameterFilter.read(
      input, allowed: ["Path", "Name", "Type", "KeyId", "Tier", "DataType", "Label"], tags: true)
    if try input.bool("Shared") == true { return ["Parameters": []] }
    let limit = try input.int("MaxResults") ?? 10
    let start = try Self.start(input)
    let found = try await read { table in
      var found: [ParameterVersion] = []
      try table.latest(from: start, below: nil) { version in
        guard version.name != start,
          try filters.allSatisfy({ try $0.matches(version, in: table) })
        else { return true }
        found.append(version)
        return found.count <= limit
      }
      return found
    }
    let page = Page(found, limit: limit, name: \.name)
    var answer: JSONValue = ["Parameters": .array(page.entries.map { metadata($0) })]
    answer["NextToken"] = page.next.map { .string($0) }
    return answer
  }

  private func metadata(_ version: ParameterVersion) -> JSONValue {
    var entry: JSONValue = [
      "Name": .string(version.name), "ARN": .string(arn(version.name)),
      "Type": .string(version.kind.rawValue), "LastModifiedDate": .double(version.modified),
      "LastModifiedUser": .string("arn:aws:iam::\(environment.accountID):root"),
      "Version": .int(version.version), "Tier": .string(version.tier),
      "Policies": .array(Self.policies(version)), "DataType": .string(version.dataType),
    ]
    entry["KeyId"] = version.keyID.map { .string($0) }
    entry["Description"] = version.description.map { .string($0) }
    entry["AllowedPattern"] = version.allowedPattern.map { .string($0) }
    return entry
  }

  private static func policies(_ version: ParameterVersion) -> [JSONValue] {
    guard let text = version.policies, let list = try? JSONValue(parsing: text).array else {
      return []
    }
    return list.map { policy in
      [
        "PolicyText": .string(policy.description), "PolicyType": policy["Type"] ?? "",
        "PolicyStatus": "Pending",
      ]
    }
  }

  private static func start(_ input: JSONMembers) throws -> String {
    guard let token = try input.string("NextToken") else { return "" }
    guard let name = Page<Never>.name(in: token) else {
      throw JSONServiceError("InvalidNextToken", "The specified token isn't valid.")
    }
    return name
  }
}

/// One of the `ParameterFilters`, or of the older `Filters`.
struct ParameterFilter: Sendable {
  let key: String
  let option: String
  let values: [String]

  static func read(
    _ input: JSONMembers, allowed: Set<String>, tags: Bool
  ) throws -> [ParameterFilter] {
    var filters: [ParameterFilter] = []
    if try input.objects("Filters")?.isEmpty == false,
      try input.objects("ParameterFilters")?.isEmpty == false
    {
      throw JSONServiceError.validation(
        "You can use either Filters or ParameterFilters in a single request.")
    }
    for object in try input.objects("Filters") ?? [] {
      filters.append(
        ParameterFilter(
          key: try object.required("Key"),
          option: try object.string("Key") == "Name" ? "BeginsWith" : "Equals",
          values: try object.strings("Values") ?? []))
    }
    for object in try input.objects("ParameterFilters") ?? [] {
      let key = try object.required("Key")
      guard allowed.contains(key) || (tags && key.hasPrefix("tag:")) else {
        throw JSONServiceError(
          "InvalidFilterKey",
          "The following filter key is not valid: \(key). Valid filter keys include: "
            + "[Type, KeyId].")
      }
      let option = try object.string("Option") ?? (key == "Path" ? "OneLevel" : "Equals")
      let known: Set<String> =
        key == "Path"
        ? ["Recursive", "OneLevel"]
        : key == "Name" ? ["Equals", "BeginsWith", "Contains"] : ["Equals", "BeginsWith"]
      guard known.contains(option) else {
        throw JSONServiceError(
          "InvalidFilterOption",
          "The following filter option is not valid: \(option). Valid options include: "
            + "[\(known.sorted().joined(separator: ", "))].")
      }
      let values = try object.strings("Values") ?? []
      guard !values.isEmpty || key.hasPrefix("tag:") else {
        throw JSONServiceError(
          "InvalidFilterValue",
          "The following filter values are missing : null for filter key \(key)"
        )
      }
      if key == "Path" { for path in values { try ParameterName.checkPath(path) } }
      filters.append(ParameterFilter(key: key, option: option, values: values))
    }
    guard Set(filters.map(\.key)).count == filters.count else {
      throw JSONServiceError(
        "InvalidFilterKey", "The filter keys must be different from each other.")
    }
    return filters
  }

  func matches(_ version: ParameterVersion, in table: ParameterTable) throws -> Bool {
    switch key {
    case "Name":
      // With and without the slash it begins with.
      let bare = version.name.hasPrefix("/") ? String(version.name.dropFirst()) : version.name
      return fits(version.name) || fits(bare)
    case "Type": return fits(version.kind.rawValue)
    case "KeyId": return version.keyID.map { fits($0) } ?? false
    case "Tier": return fits(version.tier)
    case "DataType": return fits(version.dataType)
    case "Label": return version.labels.contains { fits($0) }
    case "Path":
      return values.contains { path in
        let folder = path.hasSuffix("/") ? path : path + "/"
        let name = ParameterName.qualified(version.name)
        guard name.hasPrefix(folder) else { return false }
        return option == "Recursive" || !name.dropFirst(folder.count).contains("/")
      }
    default:
      let name = String(key.dropFirst("tag:".count))
      guard let tag = try table.tags(of: version.name).tags.first(where: { $0.key == name })
      else { return false }
      return values.isEmpty || fits(tag.value)
    }
  }

  private func fits(_ text: String) -> Bool {
    values.contains { value in
      switch option {
      case "BeginsWith": text.hasPrefix(value)
      case "Contains": text.contains(value)
      default: text == value
      }
    }
  }
}
