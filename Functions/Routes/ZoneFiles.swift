import Agent

extension Settings {
  /// `WORKING_HOURS`, with the zone's file from the first folder that has it; nil when it is empty.
  func workingHours(in folders: [String]) throws(SettingError) -> WorkingHours? {
    guard !workingHours.isEmpty else { return nil }
    let hours = WorkingHours(workingHours) { name in
      folders.lazy.compactMap {
        PlainFile.bytes(of: "\($0)/\(name)", limit: ZoneRules.longestFile, mayBeLink: true)
      }.first.flatMap { ZoneRules($0) }
    }
    guard let hours else {
      throw SettingError(
        name: Setting.workingHours.name, value: String(workingHours.prefix(100)),
        range: Setting.workingHours.range + " with a zone that is in the package")
    }
    return hours
  }
}
