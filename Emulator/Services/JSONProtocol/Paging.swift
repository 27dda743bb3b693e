import Crypto
import JSON

/// One page of a sorted list whose tokens name the last entry of the page before.
struct Page<Entry> {
  let entries: ArraySlice<Entry>
  /// Where the next page goes on; nil behind the last.
  let next: String?

  /// `found` has one entry more than the page takes, when there are more.
  init(_ found: [Entry], limit: Int, name: (Entry) -> String) {
    entries = found.prefix(limit)
    next =
      found.count > limit ? entries.last.map { Base64.standard.encode(Array(name($0).utf8)) } : nil
  }

  static func token(_ name: String) -> String { Base64.standard.encode(Array(name.utf8)) }

  /// The name that a token holds; nil when it is none of ours.
  static func name(in token: String) -> String? {
    guard let bytes = Base64.standard.decode(token), !bytes.isEmpty else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// Keys and values that resources carry, in the order in which they were given.
struct ResourceTags: Sendable, Equatable {
  private(set) var tags: [(key: String, value: String)] = []

  init() {}

  init(_ tags: [(key: String, value: String)]) { set(tags) }

  /// As ``stored`` wrote them.
  init(stored: JSONValue?) {
    tags = stored?.object?.map { ($0.key, $0.value.string ?? "") } ?? []
  }

  var stored: JSONValue { .object(JSONObject(tags.map { ($0.key, .string($0.value)) })) }

  mutating func set(_ new: [(key: String, value: String)]) {
    for tag in new {
      if let place = tags.firstIndex(where: { $0.key == tag.key }) {
        tags[place].value = tag.value
      } else {
        tags.append(tag)
      }
    }
  }

  mutating func remove(_ keys: [String]) {
    tags.removeAll { keys.contains($0.key) }
  }

  /// A list of objects with these two member names.
  func list(_ key: String = "Key", _ value: String = "Value") -> JSONValue {
    .array(tags.map { [key: .string($0.key), value: .string($0.value)] as JSONValue })
  }

  static func == (one: ResourceTags, other: ResourceTags) -> Bool {
    one.stored == other.stored
  }
}

extension JSONMembers {
  /// A list of tags with these two member names.
  func tags(
    _ name: String = "Tags", key: String = "Key", value: String = "Value"
  ) throws(JSONServiceError) -> [(key: String, value: String)]? {
    guard let objects = try objects(name) else { return nil }
    var tags: [(key: String, value: String)] = []
    for object in objects {
      tags.append((try object.required(key), try object.string(value) ?? ""))
    }
    return tags
  }
}
