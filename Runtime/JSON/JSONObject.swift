/// The members of a JSON object in the order of the text, found by name in constant time.
///
/// Names are compared by their bytes; each stands once.
package struct JSONObject: Sendable, Equatable {
  package typealias Member = (key: String, value: JSONValue)

  private var names: [JSONName] = []
  package private(set) var values: [JSONValue] = []
  /// Where each name stands; kept only when there are too many to look through.
  private var places: [JSONName: Int] = [:]

  /// Up to this many members are looked through one by one.
  private static let mostSearched = 8

  package init() {}

  /// Of members with the same name the last one stays, in the place of the first.
  package init(_ members: some Sequence<(String, JSONValue)>) {
    for (key, value) in members { self[key] = value }
  }

  package var count: Int { values.count }
  package var isEmpty: Bool { values.isEmpty }
  package var keys: [String] { names.map(\.text) }

  /// The value of a member; nil when there is none. Setting nil removes it.
  package subscript(key: String) -> JSONValue? {
    get {
      guard let place = place(of: JSONName(key)) else { return nil }
      return values[place]
    }
    set {
      let name = JSONName(key)
      guard let place = place(of: name) else {
        if let newValue { append(name, newValue) }
        return
      }
      if let newValue {
        values[place] = newValue
      } else {
        remove(at: place)
      }
    }
  }

  package mutating func reserveCapacity(_ count: Int) {
    names.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  /// Appends a member whose name is known to be new.
  mutating func append(unique key: String, _ value: JSONValue) {
    append(JSONName(key), value)
  }

  /// The order of members does not matter (RFC 8259 §1).
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    guard left.count == right.count else { return false }
    for (name, value) in zip(left.names, left.values) {
      guard let place = right.place(of: name), right.values[place] == value else { return false }
    }
    return true
  }

  private func place(of name: JSONName) -> Int? {
    if places.isEmpty { return names.firstIndex(of: name) }
    return places[name]
  }

  private mutating func append(_ name: JSONName, _ value: JSONValue) {
    names.append(name)
    values.append(value)
    if !places.isEmpty {
      places[name] = names.count - 1
    } else if names.count > JSONObject.mostSearched {
      index()
    }
  }

  private mutating func remove(at place: Int) {
    names.remove(at: place)
    values.remove(at: place)
    places = [:]
    if names.count > JSONObject.mostSearched { index() }
  }

  private mutating func index() {
    places.reserveCapacity(names.count * 2)
    for (place, name) in names.enumerated() { places[name] = place }
  }
}

extension JSONObject: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { values.count }
  package subscript(position: Int) -> Member { (names[position].text, values[position]) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral members: (String, JSONValue)...) {
    self.init(members)
  }
}
