import Agent

/// A provider of models, as settings name it.
enum ProviderName: String, CaseIterable, Sendable {
  case openai
  case anthropic
  case gemini
  case vertex
  case bedrock

  /// What answers when a setting names no model.
  var standardModel: String {
    switch self {
    case .openai: "gpt-4o-mini"
    case .anthropic: "claude-haiku-4-5"
    case .gemini, .vertex: "gemini-3.5-flash-lite"
    case .bedrock: "amazon.nova-lite-v1:0"
    }
  }

  static let known = allCases.map(\.rawValue).joined(separator: ", ")
}

/// A model at a provider: `anthropic:claude-haiku-4-5`.
struct ModelChoice: Sendable, Equatable {
  /// Scalars of a model's name.
  static let longestName = 256
  /// More than this nobody waits for.
  static let most = 8

  var provider: ProviderName
  var model: String

  /// `provider` or `provider:model`; nil for anything else. A model's name may hold further colons.
  init?(_ text: Substring) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let provider = ProviderName(rawValue: parts[0].trimmingBlanks.lowercased()) else {
      return nil
    }
    self.provider = provider
    guard parts.count > 1 else {
      model = provider.standardModel
      return
    }
    model = String(parts[1].trimmingBlanks)
    guard (1...Self.longestName).contains(model.unicodeScalars.count) else { return nil }
  }

  init(_ provider: ProviderName, model: String? = nil) {
    self.provider = provider
    self.model = model ?? provider.standardModel
  }

  /// Several with commas between them, in order of preference; nil when one is none, or none is there.
  static func list(_ text: Substring) -> [ModelChoice]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let choices = parts.compactMap { ModelChoice($0) }
    guard !choices.isEmpty, choices.count == parts.count, choices.count <= most else { return nil }
    return choices
  }
}

/// Who answers: models in order of preference, for everybody and for single assistants, and where
/// the providers are.
struct ProviderSettings: Sendable {
  /// The next one is asked when one cannot answer. There is at least one.
  let choices: [ModelChoice]
  /// The choices of assistants that have their own.
  let byAssistant: [String: [ModelChoice]]
  /// Decides on intents that the example sentences leave open.
  let classifier: ModelChoice
  /// Tells what falls out of the part of a conversation that models see again; nil: who answers.
  let summary: ModelChoice?
  /// Which assistants may look things up in Google Search, through Gemini.
  let grounding: SearchGrounding
  let openAIBase: String
  let anthropicBase: String
  let geminiBase: String
  /// nil when the location's own address is meant.
  let vertexBase: String?
  let project: String
  let location: String
  /// nil when the function's own region is meant.
  let bedrockRegion: String?
  /// The secret that holds the keys which the environment does not.
  let keysSecret: String
  /// Keys that the environment holds, by the setting's name.
  let keys: [String: String]

  init(_ read: SettingReader) throws(SettingError) {
    var choices = try read.choices(.provider)
    let model = try read.text(.model, 0...ModelChoice.longestName)
    if !model.isEmpty { choices[0].model = model }
    self.choices = choices
    byAssistant = try read.assistantChoices(.assistantProviders)
    let classifier = try read.text(.classifierModel, 0...512)
    if classifier.isEmpty {
      self.classifier = choices[0]
    } else {
      guard let choice = ModelChoice(classifier[...]) else { throw read.refusal(.classifierModel) }
      self.classifier = choice
    }
    let summary = try read.text(.summaryModel, 0...512)
    self.summary = ModelChoice(summary[...])
    guard summary.isEmpty || self.summary != nil else { throw read.refusal(.summaryModel) }
    guard let grounding = SearchGrounding(try read.text(.searchGrounding, 1...1_024)) else {
      throw read.refusal(.searchGrounding)
    }
    self.grounding = grounding
    openAIBase = try read.address(.openAIBase, schemes: ["https", "http"])
    anthropicBase = try read.address(.anthropicBase, schemes: ["https", "http"])
    geminiBase = try read.address(.geminiBase, schemes: ["https", "http"])
    let vertex = try read.address(.vertexBase, schemes: ["https", "http"])
    vertexBase = vertex.isEmpty ? nil : vertex
    project = try read.text(.googleProject, 0...128)
    location = try read.text(.googleLocation, 1...64)
    let region = try read.text(.bedrockRegion, 0...64)
    bedrockRegion = region.isEmpty ? nil : region
    keysSecret = try read.text(.providerKeys, 1...512)
    var keys: [String: String] = [:]
    for setting in Setting.keys {
      let key = try read.secret(setting)
      if !key.isEmpty { keys[setting.name] = key }
    }
    self.keys = keys
    let all =
      choices + byAssistant.values.flatMap { $0 } + [self.classifier]
      + (self.summary.map { [$0] } ?? [])
    if project.isEmpty, all.contains(where: { $0.provider == .vertex }) {
      throw SettingError(
        name: Setting.googleProject.name, value: "", range: "given when vertex is a provider")
    }
  }

  /// The first of Gemini's models that is named anywhere, else its standard one.
  var searchModel: ModelChoice {
    let named = choices + byAssistant.sorted { $0.key < $1.key }.flatMap(\.value)
    return named.first { $0.provider == .gemini || $0.provider == .vertex } ?? ModelChoice(.gemini)
  }

  /// Who answers for an assistant, or a version of one (`japanese/short`).
  func choices(for version: String) -> [ModelChoice] {
    let assistant = version.prefix { $0 != "/" }
    return byAssistant[version] ?? byAssistant[String(assistant)] ?? choices
  }
}

extension SettingReader {
  /// A key, or the file of a service account, which may have several lines.
  fileprivate func secret(_ setting: Setting) throws(SettingError) -> String {
    guard setting.name == Setting.googleAccount.name else { return try text(setting, 0...4_096) }
    let file = value(setting)
    guard file.utf8.count <= 16_384 else { throw refusal(setting) }
    return file
  }

  fileprivate func choices(_ setting: Setting) throws(SettingError) -> [ModelChoice] {
    guard let choices = ModelChoice.list(try text(setting, 1...2_048)[...]) else {
      throw refusal(setting)
    }
    return choices
  }

  /// `assistant=choices;assistant=choices`.
  fileprivate func assistantChoices(
    _ setting: Setting
  ) throws(SettingError) -> [String: [ModelChoice]] {
    var found: [String: [ModelChoice]] = [:]
    for entry in try text(setting, 0...8_192).split(separator: ";")
    where !entry.trimmingBlanks.isEmpty {
      let parts = entry.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let choices = ModelChoice.list(parts[1]) else {
        throw refusal(setting)
      }
      let name = String(parts[0].trimmingBlanks)
      guard AssistantList.versions.contains(name), found[name] == nil else {
        throw refusal(setting)
      }
      found[name] = choices
    }
    return found
  }
}
