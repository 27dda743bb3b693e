/// The header of an index file, checked against the file's size and digest.
struct IndexHeader {
  var passages: Int
  var terms: Int
  var groupCount: Int
  var total: UInt64
  var sections: [Range<Int>]

  /// `verifies` computes the digest of the whole file; without it only the bounds are looked at.
  init(_ bytes: UnsafeRawBufferPointer, verifies: Bool) throws(IndexError) {
    typealias File = LexicalIndexFile
    let end = bytes.count - File.digestSize
    guard end >= File.headerSize, bytes.starts(with: File.magic) else { throw .notAnIndex }
    let fields = Self.fields(bytes)
    guard fields[0] == UInt64(File.version) else {
      throw .unknownVersion(UInt32(truncatingIfNeeded: fields[0]))
    }
    if verifies, !File.digest(of: bytes[..<end]).elementsEqual(bytes[end...]) {
      throw .wrongChecksum
    }
    passages = Int(fields[1])
    terms = Int(fields[2])
    groupCount = Int(fields[3])
    total = fields[4]
    sections = try Self.sections(Array(fields[5...]), end: end)
    try checkSizes()
  }

  /// Version, passages, terms, groups, total, then offset and length of each section.
  private static func fields(_ file: UnsafeRawBufferPointer) -> [UInt64] {
    var fields = [8, 12, 16, 20].map { UInt64(file.number(at: $0, as: UInt32.self) ?? 0) }
    var offset = 32
    while offset < LexicalIndexFile.headerSize {
      fields.append(file.number(at: offset, as: UInt64.self) ?? 0)
      offset += 8
    }
    return fields
  }

  private static func sections(
    _ fields: [UInt64], end: Int
  ) throws(IndexError) -> [Range<Int>] {
    var sections: [Range<Int>] = []
    for section in LexicalIndexFile.Section.allCases {
      let offset = fields[section.rawValue * 2]
      let length = fields[section.rawValue * 2 + 1]
      guard offset <= UInt64(end), length <= UInt64(end) - offset else {
        throw .damaged(section: "\(section)")
      }
      sections.append(Int(offset)..<Int(offset + length))
    }
    return sections
  }

  /// Sections of fixed records must be as long as the counts say.
  private func checkSizes() throws(IndexError) {
    let sizes: [(LexicalIndexFile.Section, Int)] = [
      (.groupOfPassage, passages * 2), (.lengthOfPassage, passages * 4),
      (.passageOffsets, passages * 4 + 4), (.termEntries, terms * 12 + 12),
    ]
    for (section, size) in sizes where sections[section.rawValue].count != size {
      throw .damaged(section: "\(section)")
    }
  }

  func groups(in file: UnsafeRawBufferPointer) throws(IndexError) -> [PassageGroup] {
    let section = sections[LexicalIndexFile.Section.groups.rawValue]
    var reader = IndexReader(UnsafeRawBufferPointer(rebasing: file[section]))
    var groups: [PassageGroup] = []
    while groups.count < groupCount {
      guard let type = reader.text(), let tenant = reader.optionalText(),
        let owner = reader.optionalText()
      else { throw .damaged(section: "groups") }
      groups.append(PassageGroup(type: type, tenant: tenant, owner: owner))
    }
    return groups
  }
}
