import Agent
import LambdaRuntime

/// The functions' settings, checked.
struct Settings: Sendable {
  let model: ModelSettings
  let providers: ProviderSettings
  let assistant: String
  let flags: [FeatureFlag]
  let allowedOrigins: Set<String>
  let cacheTime: Duration
  /// How long a turn goes on without a listener.
  let resumeGrace: Duration
  let sessionPause: Duration
  /// `WORKING_HOURS` as it is written; the zone's file is read at first use.
  let workingHours: String
  let budgets: [Budget]
  let prices: PriceTable
  /// nil when the page's own host is meant.
  let webSocketURL: String?
  let tokenKey: String
  let tables: Tables
  let knowledgeBucket: String
  let contentBucket: String
  let knowledge: KnowledgeSettings
  let cache: CacheSettings

  struct Tables: Sendable {
    let connections: String
    let conversations: String
    let turns: String
    let claims: String
    let knowledge: String
    let usage: String
    let context: String
  }

  /// Reads the environment. A wrong value is an error that names it; an absent one has its default.
  init(_ environment: @escaping (String) -> String?) throws(SettingError) {
    let read = SettingReader(environment: environment)
    _ = try read.choice(.logLevel, of: Log.Level.allCases.map(\.rawValue))
    providers = try ProviderSettings(read)
    model = ModelSettings(
      name: providers.choices[0].model, temperature: try read.number(.temperature, 0...2),
      maximumTokens: try read.whole(.longestAnswer, 1...32_768))
    assistant = try read.choice(.assistant, of: AssistantList.names)
    flags = try read.flags(.flags)
    allowedOrigins = try read.origins(.origins)
    cacheTime = .seconds(try read.whole(.cacheTime, 0...3600))
    resumeGrace = .seconds(try read.whole(.resumeGrace, 0...25))
    sessionPause = .seconds(try read.whole(.sessionPause, 60...604_800))
    workingHours = try read.text(.workingHours, 0...512)
    guard let budgets = Budget.list(try read.text(.budgets, 0...2_048)) else {
      throw read.refusal(.budgets)
    }
    self.budgets = budgets
    guard let prices = PriceTable.list(try read.text(.prices, 0...2_048)) else {
      throw read.refusal(.prices)
    }
    self.prices = PriceTable.standard.replacing(prices)
    let address = try read.address(.webSocketURL, schemes: ["wss", "ws"])
    webSocketURL = address.isEmpty ? nil : address
    tokenKey = try read.text(.tokenKey, 1...512)
    tables = Tables(
      connections: try read.text(.connections, 3...255),
      conversations: try read.text(.conversations, 3...255),
      turns: try read.text(.turns, 3...255), claims: try read.text(.claims, 3...255),
      knowledge: try read.text(.knowledge, 3...255),
      usage: try read.text(.usage, 3...255), context: try read.text(.context, 3...255))
    knowledgeBucket = try read.text(.knowledgeBucket, 3...63)
    contentBucket = try read.text(.contentBucket, 3...63)
    knowledge = try KnowledgeSettings(read)
    cache = try CacheSettings(read)
  }
}

/// A setting with a value that is not accepted: the function does not start.
struct SettingError: FunctionError, Equatable {
  let name: String
  let value: String
  let range: String

  var errorType: String { "Runtime.InvalidSetting" }
  var errorMessage: String { "\(name) is '\(value)', it must be \(range)" }
}

/// Reads settings one by one.
struct SettingReader {
  let environment: (String) -> String?

  /// The variable's text, or the default when it is absent or empty.
  func value(_ setting: Setting) -> String {
    guard let text = environment(setting.name), !text.isEmpty else { return setting.standard }
    return text
  }

  /// A key's value is never repeated in an error.
  func refusal(_ setting: Setting) -> SettingError {
    let isKey = Setting.keys.contains { $0.name == setting.name }
    let value = isKey ? "…" : value(setting).prefix(100)
    return SettingError(name: setting.name, value: String(value), range: setting.range)
  }

  func text(_ setting: Setting, _ length: ClosedRange<Int>) throws(SettingError) -> String {
    let text = value(setting)
    guard length.contains(text.unicodeScalars.count),
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else { throw refusal(setting) }
    return text
  }

  func number(_ setting: Setting, _ range: ClosedRange<Double>) throws(SettingError) -> Double {
    guard let number = Double(value(setting)), range.contains(number) else {
      throw refusal(setting)
    }
    return number
  }

  func whole(_ setting: Setting, _ range: ClosedRange<Int>) throws(SettingError) -> Int {
    guard let number = Int(value(setting)), range.contains(number) else { throw refusal(setting) }
    return number
  }

  func choice(_ setting: Setting, of choices: [String]) throws(SettingError) -> String {
    let text = value(setting)
    guard let choice = choices.first(where: { $0.lowercased() == text.lowercased() }) else {
      throw refusal(setting)
    }
    return choice
  }

  /// An address; an empty one when the default is empty.
  func address(_ setting: Setting, schemes: [String]) throws(SettingError) -> String {
    let text = value(setting)
    if text.isEmpty { return text }
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    let hasScheme = schemes.contains { text.hasPrefix("\($0)://") && text.count > $0.count + 3 }
    guard isPlain, hasScheme, text.utf8.count <= 2048 else { throw refusal(setting) }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  func flags(_ setting: Setting) throws(SettingError) -> [FeatureFlag] {
    guard let flags = FeatureFlag.list(try text(setting, 0...2_048)) else { throw refusal(setting) }
    return flags
  }

  /// Origins as browsers write them (RFC 6454 §6.2): lower case, no path.
  func origins(_ setting: Setting) throws(SettingError) -> Set<String> {
    var origins: Set<String> = []
    for part in value(setting).split(separator: ",") {
      let text = part.trimmingBlanks
      let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
      guard let scheme, text.count > scheme.count, !text.dropFirst(scheme.count).contains("/"),
        text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
      else { throw refusal(setting) }
      origins.insert(text.lowercased())
    }
    return origins
  }
}

extension Substring {
  /// The text without blanks and tabs around it.
  var trimmingBlanks: Substring {
    var text = self
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
