/// Why a file is not an index that can be used.
package enum IndexError: Error, Equatable {
  case notAnIndex
  case unknownVersion(UInt32)
  case wrongChecksum
  /// A section or record lies outside of the file, or contradicts another one.
  case damaged(section: String)
  /// More passages, groups or bytes than the format can number.
  case tooLarge(String)
  /// The system's own words.
  case unreadable(String)
  /// Another writer has put together what was to be replaced.
  case changedMeanwhile
}
