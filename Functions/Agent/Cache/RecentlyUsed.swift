/// Values by text, bounded in number and bytes: what was not asked for the longest time goes first.
///
/// Reading, writing and removing take the same time however many there are. The order is a doubly
/// linked list in an array.
struct RecentlyUsed<Value> {
  private struct Entry {
    var key: String
    var value: Value
    var size: Int
    var expiresAt: Timestamp
    var newer: Int?
    var older: Int?
  }

  let mostEntries: Int
  let mostBytes: Int
  /// The bytes of all values together, as they were given.
  private(set) var bytes = 0

  private var places: [String: Int] = [:]
  private var entries: [Entry] = []
  private var newest: Int?
  private var oldest: Int?

  var count: Int { places.count }

  init(mostEntries: Int, mostBytes: Int) {
    self.mostEntries = mostEntries
    self.mostBytes = mostBytes
  }

  /// The value, which is now the most recently used; nil when there is none that has not expired.
  mutating func value(_ key: String, at now: Timestamp) -> Value? {
    guard let place = places[key] else { return nil }
    guard entries[place].expiresAt > now else {
      remove(key)
      return nil
    }
    unlink(place)
    link(place)
    return entries[place].value
  }

  /// Keeps a value until it expires or others need its place; one that is larger than all together
  /// may be is not kept.
  mutating func set(_ key: String, _ value: Value, size: Int, expiresAt: Timestamp) {
    remove(key)
    guard size <= mostBytes, mostEntries > 0 else { return }
    while count >= mostEntries || bytes + size > mostBytes, let oldest {
      remove(entries[oldest].key)
    }
    let place = entries.count
    entries.append(Entry(key: key, value: value, size: size, expiresAt: expiresAt))
    places[key] = place
    bytes += size
    link(place)
  }

  mutating func remove(_ key: String) {
    guard let place = places.removeValue(forKey: key) else { return }
    bytes -= entries[place].size
    unlink(place)
    // The last entry takes the free place, so that the array has no holes.
    let last = entries.count - 1
    if place != last {
      entries[place] = entries[last]
      places[entries[place].key] = place
      if let newer = entries[place].newer { entries[newer].older = place } else { newest = place }
      if let older = entries[place].older { entries[older].newer = place } else { oldest = place }
    }
    entries.removeLast()
  }

  private mutating func link(_ place: Int) {
    entries[place].older = newest
    entries[place].newer = nil
    if let newest { entries[newest].newer = place } else { oldest = place }
    newest = place
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (entries[place].newer, entries[place].older)
    if let newer { entries[newer].older = older } else { newest = older }
    if let older { entries[older].newer = newer } else { oldest = newer }
  }
}
