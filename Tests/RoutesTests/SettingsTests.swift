import Agent
import Cloud
import JSON
import LambdaRuntime
import Support
import Testing

@testable import Routes

@Suite struct SettingsTests {
  private func settings(_ environment: [String: String]) throws -> Settings {
    try Settings { environment[$0] }
  }

  @Test func `an empty environment has all defaults`() throws {
    let settings = try settings([:])
    #expect(settings.model.name == "gpt-4o-mini")
    #expect(settings.model.temperature == 0.7)
    #expect(settings.model.maximumTokens == 2048)
    #expect(settings.providers.choices == [ModelChoice(.openai)])
    #expect(settings.providers.classifier == ModelChoice(.openai))
    #expect(settings.providers.keys.isEmpty)
    #expect(settings.providers.openAIBase == "https://api.openai.com/v1")
    #expect(settings.assistant == "japanese")
    #expect(settings.allowedOrigins.isEmpty)
    #expect(settings.cacheTime == .seconds(300))
    #expect(settings.webSocketURL == nil)
    #expect(settings.tables.turns == "martlet-turns")
    for setting in Setting.all {
      #expect(throws: Never.self) { try self.settings([setting.name: setting.standard]) }
    }
  }

  @Test(arguments: [
    ("LLM_PROVIDER", "acme"), ("LLM_MODEL", String(repeating: "x", count: 257)),
    ("LLM_PROVIDER", "openai,"), ("LLM_PROVIDER", ","), ("LLM_PROVIDER", "openai:"),
    ("LLM_PROVIDER", "openai,acme:x"), ("CLASSIFIER_MODEL", "acme"),
    ("LLM_PROVIDER", Array(repeating: "openai", count: 9).joined(separator: ",")),
    ("ASSISTANT_PROVIDERS", "french=openai"), ("ASSISTANT_PROVIDERS", "japanese"),
    ("ASSISTANT_PROVIDERS", "japanese=openai;japanese=gemini"), ("SEARCH_GROUNDING", "yes"),
    ("SEARCH_GROUNDING", "japanese,"), ("SEARCH_GROUNDING", "japanese/none"),
    ("ANTHROPIC_BASE_URL", "ftp://x"), ("GEMINI_API_KEY", "secret\u{7}key"),
    ("LLM_TEMPERATURE", "hot"), ("LLM_TEMPERATURE", "2.1"), ("LLM_TEMPERATURE", "-0.1"),
    ("LLM_TEMPERATURE", "nan"), ("LLM_MAX_TOKENS", "0"), ("LLM_MAX_TOKENS", "1.5"),
    ("OPENAI_API_KEY", "secret\nkey"), ("OPENAI_BASE_URL", "ftp://x"),
    ("OPENAI_BASE_URL", "https://"), ("OPENAI_BASE_URL", "https://a b"),
    ("DEFAULT_ASSISTANT", "french"), ("ALLOWED_ORIGINS", "example.com"),
    ("ALLOWED_ORIGINS", "https://a.example/path"), ("ALLOWED_ORIGINS", "*"),
    ("CACHE_TTL_SECONDS", "-1"), ("CACHE_TTL_SECONDS", "3601"), ("LOG_LEVEL", "LOUD"),
    ("WEBSOCKET_URL", "https://x"), ("TURNS_TABLE", "x"), ("KNOWLEDGE_BUCKET", "ab"),
    ("TOKEN_KEY_SECRET", "a\u{0}b"),
  ]) func `a wrong value is an error that names it`(_ name: String, _ value: String) throws {
    let error = #expect(throws: SettingError.self) { try settings([name: value]) }
    #expect(error?.name == name)
    #expect(error?.errorType == "Runtime.InvalidSetting")
    #expect(error?.errorMessage.hasPrefix("\(name) is '") == true)
    #expect(error?.errorMessage.contains("secret") == false)
  }

  @Test func `providers stand in order, with their models, for single assistants too`() throws {
    let settings = try settings([
      "LLM_PROVIDER": "Anthropic, bedrock:amazon.nova-lite-v1:0 ,openai:gpt-4o",
      "LLM_MODEL": "claude-x", "CLASSIFIER_MODEL": "gemini",
      "ASSISTANT_PROVIDERS": "japanese=gemini,openai;", "ANTHROPIC_API_KEY": "k",
    ]).providers
    #expect(
      settings.choices == [
        ModelChoice(.anthropic, model: "claude-x"),
        ModelChoice(.bedrock, model: "amazon.nova-lite-v1:0"),
        ModelChoice(.openai, model: "gpt-4o"),
      ])
    #expect(settings.choices(for: "other") == settings.choices)
    #expect(settings.choices(for: "japanese") == [ModelChoice(.gemini), ModelChoice(.openai)])
    #expect(settings.classifier == ModelChoice(.gemini))
    #expect(settings.keys == ["ANTHROPIC_API_KEY": "k"])
  }

  @Test(arguments: [
    ("false", "japanese", false), ("true", "japanese/short", true),
    ("japanese", "japanese/short", true), ("japanese/short", "japanese", false),
    ("japanese/short, japanese/tools", "japanese/tools", true),
  ])
  func `the web is searched where the setting says`(
    setting: String, version: String, expected: Bool
  ) throws {
    let providers = try settings(["SEARCH_GROUNDING": setting]).providers
    #expect(providers.grounding.holds(for: version) == expected)
    #expect(providers.searchModel == ModelChoice(.gemini))
  }

  @Test func `vertex needs a project`() throws {
    let error = #expect(throws: SettingError.self) { try settings(["LLM_PROVIDER": "vertex"]) }
    #expect(error?.name == "GOOGLE_CLOUD_PROJECT")
    #expect(throws: Never.self) {
      try settings(["LLM_PROVIDER": "vertex", "GOOGLE_CLOUD_PROJECT": "p"])
    }
  }

  @Test func `keys come from the environment, else from the secret`() async throws {
    let file = #"{"OPENAI_API_KEY": "s", "GOOGLE_SERVICE_ACCOUNT": {"client_email": "a"}}"#
    let keys = ProviderKeys(
      given: ["ANTHROPIC_API_KEY": "e"], secret: "x", read: { _ in Array(file.utf8) })
    #expect(try await keys.key(.anthropicKey) == "e")
    #expect(try await keys.key(.openAIKey) == "s")
    #expect(try await keys.key(.googleAccount) == #"{"client_email":"a"}"#)
    #expect(try await keys.key(.geminiKey) == nil)
    let absent = ProviderKeys(given: [:], secret: "x") { _ in
      throw CloudError.service(
        code: "ResourceNotFoundException", message: "none", status: 400)
    }
    #expect(try await absent.key(.openAIKey) == nil)
    let broken = ProviderKeys(given: [:], secret: "x", read: { _ in Array("[1]".utf8) })
    await #expect(throws: ProviderKeys.Problem.malformed(secret: "x")) {
      try await broken.key(.openAIKey)
    }
  }

  @Test func `the document lists exactly these keys`() throws {
    let rows = try Project.text("docs/configuration.md").split(separator: "\n")
      .filter { $0.hasPrefix("- `") }
    #expect(rows.map(String.init) == Setting.keys.map { "- `\($0.name)`: \($0.meaning)" })
  }

  @Test func `origins are compared as browsers write them`() throws {
    let settings = try settings(["ALLOWED_ORIGINS": "https://A.example , http://localhost:3000,"])
    #expect(settings.allowedOrigins == ["https://a.example", "http://localhost:3000"])
  }

  @Test func `the document lists exactly these settings`() throws {
    let rows = try Project.text("docs/configuration.md").split(separator: "\n")
      .filter { $0.hasPrefix("| `") }
    let expected = Setting.all.map { setting in
      let standard = setting.standard.isEmpty ? "" : " `\(setting.standard)`"
      return "| `\(setting.name)` |\(standard) | \(setting.range) | \(setting.meaning) |"
    }
    #expect(rows.map(String.init) == expected)
  }

  @Test func `the template sets only settings that exist`() throws {
    let template = try JSONValue(parsing: Project.text("template.json"))
    var names = Set(variables(template["Globals"]?["Function"]).map(\.0))
    for (_, resource) in try #require(template["Resources"]?.object) {
      names.formUnion(variables(resource["Properties"]).map(\.0))
    }
    #expect(!names.isEmpty)
    #expect(names.isSubset(of: Set(Setting.all.map(\.name))))
  }

  @Test func `the template's parameters have the same defaults`() throws {
    let template = try JSONValue(parsing: Project.text("template.json"))
    for (name, value) in variables(template["Globals"]?["Function"]) {
      guard let parameter = value["Ref"]?.string,
        let standard = template["Parameters"]?[parameter]?["Default"]
      else { continue }
      let setting = try #require(Setting.all.first { $0.name == name })
      #expect((standard.string ?? standard.description) == setting.standard, "\(name)")
    }
  }

  private func variables(_ properties: JSONValue?) -> [(String, JSONValue)] {
    (properties?["Environment"]?["Variables"]?.object).map { $0.map { ($0.key, $0.value) } } ?? []
  }
}
