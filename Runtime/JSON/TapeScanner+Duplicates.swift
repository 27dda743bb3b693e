import Glibc

extension TapeScanner {
  /// Up to this many names each is compared with each; above, they go into a set.
  private static let mostCompared = 16

  /// Refuses an object in which a name stands twice, `"a"` and `"\u0061"` included.
  func refuseDuplicates(in object: Int) throws(JSONError) {
    let members = tape[object].count
    guard members > 1 else { return }
    let duplicate =
      members <= TapeScanner.mostCompared
      ? comparedDuplicate(in: object) : hashedDuplicate(in: object)
    guard let duplicate else { return }
    throw error(.duplicateKey(text(of: duplicate)), at: Int(duplicate.start))
  }

  /// The first name that stands twice. Names with escapes are left to the set.
  private func comparedDuplicate(in object: Int) -> TapeEntry? {
    let end = Int(tape[object].next)
    var index = object + 1
    while index < end {
      let name = tape[index]
      if name.kind == .escapedString { return hashedDuplicate(in: object) }
      let length = name.end - name.start
      var other = Int(tape[index + 1].next)
      index = other
      while other < end {
        let candidate = tape[other]
        if candidate.end - candidate.start == length,
          memcmp(base + Int(name.start), base + Int(candidate.start), Int(length)) == 0
        {
          return candidate
        }
        other = Int(tape[other + 1].next)
      }
    }
    return nil
  }

  private func hashedDuplicate(in object: Int) -> TapeEntry? {
    let end = Int(tape[object].next)
    var seen: Set<JSONName> = []
    var index = object + 1
    while index < end {
      let name = tape[index]
      if !seen.insert(JSONName(text(of: name))).inserted { return name }
      index = Int(tape[index + 1].next)
    }
    return nil
  }

  private func text(of entry: TapeEntry) -> String {
    let inner = UnsafeBufferPointer(
      start: base + Int(entry.start) + 1, count: Int(entry.end - entry.start) - 2)
    guard entry.kind == .escapedString else { return String(decoding: inner, as: UTF8.self) }
    return String(decoding: JSONEscapes.resolved(inner), as: UTF8.self)
  }
}
