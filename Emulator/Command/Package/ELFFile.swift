/// What a program or shared library asks of the dynamic linker (System V ABI, "ELF-64 Object File
/// Format"; the version tables: Linux Standard Base, "Symbol Versioning").
struct ELFFile: Equatable {
  struct Malformed: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  /// `e_machine`: 62 is x86-64, 183 AArch64.
  let machine: UInt16
  /// The program that loads it; nil for libraries and static programs.
  private(set) var interpreter: String?
  /// Names of the libraries it is linked with.
  private(set) var needed: [String] = []
  /// Where it wants them to be looked for, before and instead of the system's folders.
  private(set) var searchPath: [String] = []
  /// Versions of symbols it needs, such as `GLIBC_2.34`.
  private(set) var versions: [SymbolVersion] = []

  init(_ bytes: [UInt8]) throws(Malformed) {
    let reader = Reader(bytes: bytes)
    guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
      throw Malformed(description: "it is no ELF file")
    }
    guard try reader.number(4, 1) == 2, try reader.number(5, 1) == 1 else {
      throw Malformed(description: "it is no 64-bit little-endian ELF file")
    }
    machine = UInt16(try reader.number(18, 2))
    let segments = try Segment.all(reader)
    if let segment = segments.first(where: { $0.kind == 3 }) {
      interpreter = try reader.text(at: segment.offset)
    }
    guard let segment = segments.first(where: { $0.kind == 2 }) else { return }
    try readDynamic(segment, reader, segments)
  }

  private mutating func readDynamic(
    _ segment: Segment, _ reader: Reader, _ segments: [Segment]
  ) throws(Malformed) {
    var tags: [(tag: Int, value: Int)] = []
    var place = segment.offset
    while place + 16 <= segment.offset + segment.size {
      let tag = try reader.number(place, 8)
      if tag == 0 { break }
      tags.append((tag, try reader.number(place + 8, 8)))
      place += 16
    }
    func value(_ tag: Int) -> Int? { tags.first { $0.tag == tag }?.value }
    guard let address = value(5), let names = Segment.offset(of: address, in: segments) else {
      return
    }
    for (tag, value) in tags {
      switch tag {
      case 1: needed.append(try reader.text(at: names + value))
      // RPATH, RUNPATH
      case 15, 29:
        searchPath += try reader.text(at: names + value).split(separator: ":").map(String.init)
      default: break
      }
    }
    if let address = value(0x6FFF_FFFE), let count = value(0x6FFF_FFFF),
      let place = Segment.offset(of: address, in: segments)
    {
      try readVersions(at: place, count: count, names: names, reader)
    }
  }

  /// The table of needed versions: for each library its name and a chain of versions.
  private mutating func readVersions(
    at start: Int, count: Int, names: Int, _ reader: Reader
  ) throws(Malformed) {
    var place = start
    for _ in 0..<min(count, 1000) {
      var entry = place + (try reader.number(place + 8, 4))
      for _ in 0..<min(try reader.number(place + 2, 2), 1000) {
        let name = try reader.text(at: names + (try reader.number(entry + 8, 4)))
        if let version = SymbolVersion(name) { versions.append(version) }
        entry += try reader.number(entry + 12, 4)
      }
      place += try reader.number(place + 12, 4)
    }
  }

  /// Names of libraries among the constants of a program: what it may open while it runs.
  ///
  /// `dlopen` takes a C string, so the name stands there whole, between two NULs.
  static func namedLibraries(in bytes: [UInt8]) -> Set<String> {
    var names: Set<String> = []
    let prefix = Array("lib".utf8)
    var start = 0
    for place in bytes.indices where bytes[place] == 0 {
      let text = bytes[start..<place]
      start = place + 1
      guard (8...64).contains(text.count), text.starts(with: prefix), isLibraryName(text) else {
        continue
      }
      names.insert(String(decoding: text, as: UTF8.self))
    }
    return names
  }

  /// Whether it reads `libNAME.so.NUMBER`.
  private static func isLibraryName(_ text: ArraySlice<UInt8>) -> Bool {
    let name = String(decoding: text, as: UTF8.self)
    guard let ending = name.firstRange(of: ".so."),
      name.utf8.allSatisfy({ isNameByte($0) })
    else { return false }
    let version = name[ending.upperBound...].utf8
    return !version.isEmpty && version.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default:
      [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+")]
        .contains(byte)
    }
  }
}

/// A symbol version: `GLIBC_2.34`, `GLIBCXX_3.4.29`.
struct SymbolVersion: Hashable, Comparable, CustomStringConvertible {
  let library: String
  let numbers: [Int]

  /// nil for one without numbers, such as `GLIBC_PRIVATE`.
  init?(_ text: String) {
    let parts = text.split(separator: "_")
    guard parts.count == 2 else { return nil }
    let numbers = parts[1].split(separator: ".").map { Int($0) ?? -1 }
    guard !numbers.contains(-1) else { return nil }
    library = String(parts[0])
    self.numbers = numbers
  }

  static func < (left: SymbolVersion, right: SymbolVersion) -> Bool {
    left.library == right.library
      ? left.numbers.lexicographicallyPrecedes(right.numbers) : left.library < right.library
  }

  var description: String { library + "_" + numbers.map(String.init).joined(separator: ".") }
}

/// A part of the file that the program header table names.
private struct Segment {
  let kind: Int
  let offset: Int
  let address: Int
  let size: Int

  static func all(_ reader: Reader) throws(ELFFile.Malformed) -> [Segment] {
    let start = try reader.number(32, 8)
    let length = try reader.number(54, 2)
    var segments: [Segment] = []
    for index in 0..<(try reader.number(56, 2)) {
      let place = start + index * length
      segments.append(
        Segment(
          kind: try reader.number(place, 4), offset: try reader.number(place + 8, 8),
          address: try reader.number(place + 16, 8), size: try reader.number(place + 32, 8)))
    }
    return segments
  }

  /// Where in the file an address lies.
  static func offset(of address: Int, in segments: [Segment]) -> Int? {
    segments.first {
      $0.kind == 1 && address >= $0.address && address - $0.address < $0.size
    }.map { address - $0.address + $0.offset }
  }
}

/// Numbers and texts at checked places.
private struct Reader {
  let bytes: [UInt8]

  func number(_ place: Int, _ count: Int) throws(ELFFile.Malformed) -> Int {
    guard place >= 0, place <= bytes.count - count else { throw Self.outside }
    var number: UInt64 = 0
    for index in (0..<count).reversed() { number = number << 8 | UInt64(bytes[place + index]) }
    // What is longer than any file is no place in it.
    guard number <= 1 << 48 else { throw Self.outside }
    return Int(number)
  }

  func text(at place: Int) throws(ELFFile.Malformed) -> String {
    guard place >= 0, place < bytes.count,
      let end = bytes[place...].prefix(4096).firstIndex(of: 0)
    else { throw Self.outside }
    return String(decoding: bytes[place..<end], as: UTF8.self)
  }

  private static var outside: ELFFile.Malformed {
    ELFFile.Malformed(description: "it names a place outside of the file")
  }
}
