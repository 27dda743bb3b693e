/// Collects passages and writes them as one index file.
///
/// The file depends only on the passages and their order: the same input gives the same bytes.
package struct LexicalIndexBuilder {
  private var groups: [PassageGroup: UInt16] = [:]
  private var groupOrder: [PassageGroup] = []
  private var groupOfPassage: [UInt16] = []
  private var lengths: [UInt32] = []
  private var offsets: [UInt32] = []
  private var records: [UInt8] = []
  private var postings: [String: [Posting]] = [:]

  private struct Posting {
    var passage: UInt32
    var frequency: UInt32
  }

  package init() {}

  package var count: Int { lengths.count }

  /// Adds a passage. Its title and its text are searched, its other parts are kept with it.
  package mutating func add(_ passage: Passage) throws(IndexError) {
    guard let offset = UInt32(exactly: records.count), lengths.count < Int(UInt32.max) else {
      throw .tooLarge("passages")
    }
    groupOfPassage.append(try number(of: PassageGroup(passage)))
    offsets.append(offset)
    append(passage)
    index("\(passage.title)\n\(passage.text)")
  }

  private mutating func number(of group: PassageGroup) throws(IndexError) -> UInt16 {
    if let number = groups[group] { return number }
    guard let number = UInt16(exactly: groups.count) else { throw .tooLarge("groups") }
    groups[group] = number
    groupOrder.append(group)
    return number
  }

  private mutating func append(_ passage: Passage) {
    records.appendText(passage.id)
    records.appendText(passage.source)
    records.appendText(passage.title)
    records.appendText(passage.text)
    records.appendVarint(passage.tags.count)
    for tag in passage.tags { records.appendText(tag) }
  }

  private mutating func index(_ text: String) {
    let passage = UInt32(lengths.count)
    var frequencies: [String: UInt32] = [:]
    var length: UInt32 = 0
    Terms.scan(text) { term in
      frequencies[term, default: 0] += 1
      length += 1
    }
    for (term, frequency) in frequencies {
      postings[term, default: []].append(Posting(passage: passage, frequency: frequency))
    }
    lengths.append(length)
  }

  /// The file, as `LexicalIndexFile` describes it.
  package func file() throws(IndexError) -> [UInt8] {
    typealias File = LexicalIndexFile
    let sections = try sections()
    var file: [UInt8] = File.magic
    file.appendLittleEndian(File.version)
    for count in [lengths.count, postings.count, groupOrder.count, 0, 0] {
      file.appendLittleEndian(UInt32(count))
    }
    file.appendLittleEndian(lengths.reduce(UInt64(0)) { $0 + UInt64($1) })
    var offset = File.headerSize
    for section in sections {
      file.appendLittleEndian(UInt64(offset))
      file.appendLittleEndian(UInt64(section.count))
      offset += section.count
    }
    for section in sections { file += section }
    return file + file.withUnsafeBytes { File.digest(of: $0[...]) }
  }

  /// In the order of `LexicalIndexFile.Section`.
  private func sections() throws(IndexError) -> [[UInt8]] {
    var groupBytes: [UInt8] = []
    for group in groupOrder {
      groupBytes.appendText(group.type)
      groupBytes.appendOptionalText(group.tenant)
      groupBytes.appendOptionalText(group.owner)
    }
    guard let end = UInt32(exactly: records.count) else { throw .tooLarge("passages") }
    let (entries, terms, postings) = try termSections()
    return [
      groupBytes, bytes(of: groupOfPassage), bytes(of: lengths), bytes(of: offsets + [end]),
      records, entries, terms, postings,
    ]
  }

  private func termSections() throws(IndexError) -> ([UInt8], [UInt8], [UInt8]) {
    var entries: [UInt8] = []
    var terms: [UInt8] = []
    var packed: [UInt8] = []
    for (term, list) in sortedPostings() {
      try appendEntry(terms.count, packed.count, list.count, to: &entries)
      terms += term.utf8
      var previous = 0
      for posting in list {
        let gap = (Int(posting.passage) - previous) * 2
        previous = Int(posting.passage)
        packed.appendVarint(posting.frequency == 1 ? gap + 1 : gap)
        if posting.frequency != 1 { packed.appendVarint(Int(posting.frequency)) }
      }
    }
    try appendEntry(terms.count, packed.count, 0, to: &entries)
    return (entries, terms, packed)
  }

  private func sortedPostings() -> [(term: String, list: [Posting])] {
    postings.map { (term: $0.key, list: $0.value) }
      .sorted { $0.term.utf8.lexicographicallyPrecedes($1.term.utf8) }
  }

  private func appendEntry(
    _ term: Int, _ postings: Int, _ count: Int, to entries: inout [UInt8]
  ) throws(IndexError) {
    for number in [term, postings, count] {
      guard let number = UInt32(exactly: number) else { throw .tooLarge("terms") }
      entries.appendLittleEndian(number)
    }
  }

  private func bytes(of numbers: [some FixedWidthInteger]) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in numbers { bytes.appendLittleEndian(number) }
    return bytes
  }
}
