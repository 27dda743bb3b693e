import Agent
import Crypto

/// A share of the users who get another version of an assistant.
struct FeatureFlag: Sendable, Equatable {
  /// More than this nobody oversees.
  private static let most = 16
  private static let longestName = 64
  /// The share's unit: hundredths of a percent.
  private static let whole = 10_000

  let name: String
  let assistant: String
  let variant: String
  /// 0 to 10,000: hundredths of a percent.
  let share: Int

  /// Whether the flag takes this person: the same on every device and in every sandbox. A greater
  /// share keeps those whom a smaller one took.
  func takes(_ caller: Caller) -> Bool {
    var hash = SHA256()
    for part in [name, caller.tenant, caller.user] { hash.update("\(part.utf8.count):\(part)") }
    let number = hash.finish().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return number % UInt64(Self.whole) < UInt64(share)
  }

  /// The version for a person: that of the first flag which takes them; nil is the standard one.
  static func variant(for caller: Caller, _ flags: [FeatureFlag]) -> String? {
    flags.first { $0.takes(caller) }?.variant
  }
}

// MARK: - Reading

extension FeatureFlag {
  /// `name=assistant/variant:share%`, several with commas between them; nil when one is none, names
  /// what does not exist, or a name stands twice.
  static func list(_ text: String) -> [FeatureFlag]? {
    let parts = text.split(separator: ",").map(\.trimmingBlanks).filter { !$0.isEmpty }
    let flags = parts.compactMap { FeatureFlag($0) }
    guard flags.count == parts.count, flags.count <= most,
      Set(flags.map(\.name)).count == flags.count
    else { return nil }
    return flags
  }

  init?(_ text: Substring) {
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    let target = sides[1].split(separator: ":", omittingEmptySubsequences: false)
    guard target.count == 2 else { return nil }
    let version = target[0].split(separator: "/", omittingEmptySubsequences: false)
    guard version.count == 2, let share = Self.share(target[1].trimmingBlanks) else { return nil }
    name = String(sides[0].trimmingBlanks)
    assistant = String(version[0].trimmingBlanks)
    variant = String(version[1].trimmingBlanks)
    self.share = share
    guard Self.isName(name), AssistantList.names.contains(assistant),
      AssistantList.variants(of: assistant).contains(variant)
    else { return nil }
  }

  private static func isName(_ text: String) -> Bool {
    (1...longestName).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
          || $0 == 45 || $0 == 46 || $0 == 95
      }
  }

  /// `12.5%` as 1,250.
  private static func share(_ text: Substring) -> Int? {
    guard text.hasSuffix("%") else { return nil }
    let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    let isNumber = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
    guard (1...2).contains(parts.count), isNumber, parts[0].utf8.count <= 3,
      let percent = Int(parts[0])
    else { return nil }
    let decimals = parts.count == 2 ? String(parts[1]) : ""
    guard decimals.utf8.count <= 2,
      let hundredths = Int(decimals + String(repeating: "0", count: 2 - decimals.utf8.count))
    else { return nil }
    let share = percent * 100 + hundredths
    return share <= whole ? share : nil
  }
}
