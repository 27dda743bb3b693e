import Agent
import Cloud
import Crypto
import Glibc
import JSON
import Network

/// Makes the models that the settings name. Nothing is asked before a model is.
struct Providers: Sendable {
  let settings: ProviderSettings
  let http: HTTPClient
  let cloud: CloudSettings
  let keys: ProviderKeys
  private let breakers = Breakers()
  private let vertexTokens: VertexTokens

  init(_ settings: ProviderSettings, http: HTTPClient, cloud: CloudSettings, secrets: Secrets) {
    self.settings = settings
    self.http = http
    self.cloud = cloud
    let keys = ProviderKeys(
      given: settings.keys, secret: settings.keysSecret,
      read: { try await secrets.value(of: $0).bytes })
    self.keys = keys
    vertexTokens = VertexTokens(keys: keys, http: http)
  }

  /// The models of an assistant, one behind the other.
  func model(for assistant: String, like standard: ModelSettings) -> FallbackModel {
    chain(
      settings.choices(for: assistant), like: standard,
      grounds: settings.grounding.holds(for: assistant))
  }

  /// The model that decides on intents: few tokens, always the same words.
  func classifier() -> FallbackModel {
    chain(
      [settings.classifier], like: ModelSettings(name: "", temperature: 0, maximumTokens: 64))
  }

  /// The model that tells what falls out of the part of an assistant's conversations that models see
  /// again.
  func summarizer(for assistant: String) -> FallbackModel {
    chain(
      settings.summary.map { [$0] } ?? settings.choices(for: assistant),
      like: ModelSettings(name: "", temperature: 0, maximumTokens: 400))
  }

  /// An assistant with tools that may look things up in Google Search is given a tool for it.
  func withSearch(_ profile: Profile) -> Profile {
    let version = AssistantList.version(profile.variant, of: profile.name)
    guard settings.grounding.holds(for: version), !profile.tools.isEmpty else { return profile }
    var profile = profile
    profile.tools.append(WebSearch.name)
    for place in profile.specialists.indices {
      profile.specialists[place].tools?.append(WebSearch.name)
    }
    return profile
  }

  /// The tool that Google Search is asked with, where any assistant may: Gemini searches and answers.
  var searchTools: [Tool] {
    guard settings.grounding != .never else { return [] }
    let choice = settings.searchModel
    let standard = ModelSettings(name: choice.model, temperature: 0, maximumTokens: 600)
    return [WebSearch.tool(chain([choice], like: standard, grounds: true), settings: standard)]
  }

  private func chain(
    _ choices: [ModelChoice], like standard: ModelSettings, grounds: Bool = false
  ) -> FallbackModel {
    FallbackModel(
      choices.map { choice in
        var settings = standard
        settings.name = choice.model
        return (model(choice, grounds: grounds), settings)
      }, breakers: breakers)
  }

  private func model(_ choice: ModelChoice, grounds: Bool) -> any Model {
    let keys = keys
    switch choice.provider {
    case .openai:
      let wire = OpenAI(base: settings.openAIBase) { try await keys.key(.openAIKey) }
      return HTTPModel(wire, model: choice.model, client: http)
    case .anthropic:
      let wire = Anthropic(base: settings.anthropicBase) { try await keys.key(.anthropicKey) }
      return HTTPModel(wire, model: choice.model, client: http)
    case .gemini:
      let access = Gemini.Access.key(base: settings.geminiBase, version: "v1beta") {
        try await keys.key(.geminiKey)
      }
      let wire = Gemini(access, groundsInSearch: grounds)
      return HTTPModel(wire, model: choice.model, client: http)
    case .vertex:
      let wire = Gemini(vertexAccess, groundsInSearch: grounds)
      return HTTPModel(wire, model: choice.model, client: http)
    case .bedrock:
      return HTTPModel(BedrockOnDemand(bedrock), model: choice.model, client: http)
    }
  }

  private var vertexAccess: Gemini.Access {
    let base = settings.vertexBase ?? "https://\(settings.location)-aiplatform.googleapis.com"
    return .vertex(
      base: base, project: settings.project, location: settings.location,
      token: { [vertexTokens] in try await vertexTokens.token() })
  }

  /// With a Bedrock API key, else signed with the function's own credentials.
  @Sendable private func bedrock() async throws -> Bedrock {
    let region = settings.bedrockRegion ?? cloud.region
    let base =
      cloud.configuredEndpoint(of: .bedrockRuntime)
      ?? "https://bedrock-runtime.\(region).amazonaws.com"
    let now: @Sendable () -> Int = { time(nil) }
    if let key = try await keys.key(.bedrockKey) {
      return Bedrock(base: base, region: region, access: .bearer { key }, now: now)
    }
    guard let credentials = cloud.credentials else { throw CloudError.noCredentials }
    return Bedrock(base: base, region: region, access: .signed(credentials), now: now)
  }
}

/// Bedrock, made anew for each request: whether it has a key is known only then.
private struct BedrockOnDemand: ModelWire {
  let provider = "bedrock"
  private let make: @Sendable () async throws -> Bedrock

  init(_ make: @escaping @Sendable () async throws -> Bedrock) {
    self.make = make
  }

  func request(for request: ModelRequest) async throws -> ClientRequest {
    try await make().request(for: request)
  }

  func answer() -> BedrockAnswer { BedrockAnswer() }

  func refusal(_ response: ClientResponse, now: Double) -> ModelError {
    Bedrock.refusal(response, now: now)
  }
}

/// The providers' keys: from the environment, else from one secret, a JSON object with the same names.
struct ProviderKeys: Sendable {
  enum Problem: Error, Equatable, CustomStringConvertible {
    /// The secret is there, but is no JSON object.
    case malformed(secret: String)
    case absent(String)

    var description: String {
      switch self {
      case .malformed(let secret): "the secret \(secret) is no JSON object"
      case .absent(let name): "there is no \(name), neither in the environment nor in the secret"
      }
    }
  }

  /// By the setting's name.
  let given: [String: String]
  let secret: String
  let read: @Sendable (String) async throws -> [UInt8]

  /// nil when there is none anywhere. Throws when the secret cannot be read.
  func key(_ setting: Setting) async throws -> String? {
    if let key = given[setting.name] { return key }
    let bytes: [UInt8]
    do {
      bytes = try await read(secret)
    } catch let error as CloudError {
      guard error == .noCredentials || error.isService("ResourceNotFoundException") else {
        throw error
      }
      return nil
    }
    guard let keys = try? JSONValue(parsing: bytes), keys.object != nil else {
      throw Problem.malformed(secret: secret)
    }
    // A service account may stand in it as an object or as text.
    guard let value = keys[setting.name], !value.isNull else { return nil }
    let text = value.string ?? value.description
    return text.isEmpty ? nil : text
  }
}

/// Tokens of the service account that the keys name; another account is used as soon as it stands there.
private actor VertexTokens {
  private let keys: ProviderKeys
  private let http: HTTPClient
  private var account: (file: String, tokens: ServiceAccount)?

  init(keys: ProviderKeys, http: HTTPClient) {
    self.keys = keys
    self.http = http
  }

  func token() async throws -> String {
    guard let file = try await keys.key(.googleAccount) else {
      throw ProviderKeys.Problem.absent(Setting.googleAccount.name)
    }
    if let account, account.file == file { return try await account.tokens.accessToken() }
    let tokens = try ServiceAccount(file: Array(file.utf8), client: http) { Double(time(nil)) }
    account = (file, tokens)
    return try await tokens.accessToken()
  }
}
