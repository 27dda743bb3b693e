import Glibc

// The library's search compares characters by canonical equivalence and takes microseconds for each
// hundred of them; bytes are enough for looking through a prompt.
extension String {
  /// The first place of `part` at or behind `start`, compared by bytes.
  func place(of part: String, from start: Index? = nil) -> Range<Index>? {
    let view = utf8
    let from = view.distance(from: view.startIndex, to: start ?? view.startIndex)
    guard !part.isEmpty, let offset = view.offset(of: part.utf8, from: from) else { return nil }
    let lower = view.index(view.startIndex, offsetBy: offset)
    return lower..<view.index(lower, offsetBy: part.utf8.count)
  }

  /// The same as `contains`, by bytes.
  func holds(_ part: String) -> Bool { part.isEmpty || utf8.offset(of: part.utf8, from: 0) != nil }
}

extension String.UTF8View {
  /// Bytes before the first place of `part` that lies at least `start` bytes in.
  fileprivate func offset(of part: String.UTF8View, from start: Int) -> Int? {
    let found = withContiguousStorageIfAvailable { text in
      part.withContiguousStorageIfAvailable { Self.offset(of: $0, in: text, from: start) } ?? nil
    }
    return found ?? nil
  }

  private static func offset(
    of part: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    guard let base = text.baseAddress, let wanted = part.baseAddress else { return nil }
    var place = start
    while place + part.count <= text.count {
      let left = text.count - part.count - place + 1
      guard let next = memchr(base + place, Int32(wanted[0]), left) else { return nil }
      place = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(next))
      if memcmp(base + place, wanted, part.count) == 0 { return place }
      place += 1
    }
    return nil
  }
}
