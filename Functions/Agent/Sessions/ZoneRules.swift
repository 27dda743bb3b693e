/// The offsets of a time zone from UTC, read from a TZif file (RFC 8536).
///
/// FoundationEssentials knows no zone but GMT, and everything that knows more costs 45 MB.
package struct ZoneRules: Sendable, Equatable {
  /// Bytes of a file; the largest in use has about 4 KB.
  package static let longestFile = 1 << 20
  private static let mostTransitions = 100_000

  /// Unix seconds at which an offset begins, rising.
  private var transitions: [(at: Int64, offset: Int)] = []
  /// Before the first transition, in seconds.
  private var first = 0
  /// Behind the last transition.
  private var rest: ZoneRule?

  package static func == (a: ZoneRules, b: ZoneRules) -> Bool {
    a.first == b.first && a.rest == b.rest
      && a.transitions.elementsEqual(b.transitions) { $0.at == $1.at && $0.offset == $1.offset }
  }

  /// UTC itself.
  package init() {}

  /// Nil for bytes that are no TZif file.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.longestFile else { return nil }
    var reader = ZoneReader(bytes)
    guard let old = reader.header() else { return nil }
    guard old.version >= 2 else {
      guard read(&reader, old, wide: false) else { return nil }
      return
    }
    // Version 2 and later say everything once more, with 64 bits.
    guard reader.skip(old.size(wide: false)), let new = reader.header(),
      read(&reader, new, wide: true)
    else { return nil }
    let footer = reader.rest
    guard footer.first == 10, footer.last == 10, footer.count >= 2 else { return nil }
    let text = String(decoding: footer.dropFirst().dropLast(), as: UTF8.self)
    guard !text.isEmpty else { return }
    guard let rule = ZoneRule(text) else { return nil }
    rest = rule
  }

  private mutating func read(
    _ reader: inout ZoneReader, _ header: ZoneReader.Header, wide: Bool
  ) -> Bool {
    guard header.times <= Self.mostTransitions, header.types > 0 else { return false }
    var times: [Int64] = []
    for _ in 0..<header.times {
      guard let time = reader.number(bytes: wide ? 8 : 4) else { return false }
      times.append(time)
    }
    var indexes: [Int] = []
    for _ in 0..<header.times {
      guard let index = reader.number(bytes: 1) else { return false }
      indexes.append(Int(index) & 0xFF)
    }
    var types: [(offset: Int, isSummer: Bool)] = []
    for _ in 0..<header.types {
      guard let offset = reader.number(bytes: 4), let isSummer = reader.number(bytes: 1),
        reader.number(bytes: 1) != nil, abs(offset) <= 26 * 3600
      else { return false }
      types.append((Int(offset), isSummer != 0))
    }
    guard indexes.allSatisfy({ $0 < types.count }), zip(times, times.dropFirst()).allSatisfy(<)
    else { return false }
    transitions = zip(times, indexes).map { ($0, types[$1].offset) }
    first = types.first { !$0.isSummer }?.offset ?? types[0].offset
    return reader.skip(
      header.characters + header.leaps * (wide ? 12 : 8) + header.standards + header.universals)
  }

  /// Seconds to add to UTC at a moment (Unix seconds).
  package func offset(at moment: Int64) -> Int {
    guard let last = transitions.last else { return rest?.offset(at: moment) ?? first }
    if moment >= last.at { return rest?.offset(at: moment) ?? last.offset }
    var (low, high) = (0, transitions.count)
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].at <= moment { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : transitions[low - 1].offset
  }
}

/// Takes numbers off a TZif file.
private struct ZoneReader {
  struct Header {
    let version: Int
    let universals, standards, leaps, times, types, characters: Int

    /// Bytes of the data behind it.
    func size(wide: Bool) -> Int {
      let width = wide ? 8 : 4
      return times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standards
        + universals
    }
  }

  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var rest: ArraySlice<UInt8> { bytes[place...] }

  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= bytes.count - place else { return false }
    place += count
    return true
  }

  /// Big-endian, with a sign.
  mutating func number(bytes count: Int) -> Int64? {
    guard count <= bytes.count - place else { return nil }
    var value = Int64(Int8(bitPattern: bytes[place]))
    for byte in bytes[(place + 1)..<(place + count)] { value = value << 8 | Int64(byte) }
    place += count
    return value
  }

  mutating func header() -> Header? {
    guard bytes.count - place >= 44, bytes[place..<(place + 4)].elementsEqual("TZif".utf8)
    else { return nil }
    let version = bytes[place + 4] == 0 ? 1 : Int(bytes[place + 4]) - 48
    place += 20
    var counts: [Int] = []
    for _ in 0..<6 {
      guard let count = number(bytes: 4), count >= 0, count <= ZoneRules.longestFile else {
        return nil
      }
      counts.append(Int(count))
    }
    return Header(
      version: version, universals: counts[0], standards: counts[1], leaps: counts[2],
      times: counts[3], types: counts[4], characters: counts[5])
  }
}
