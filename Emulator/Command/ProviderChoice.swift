import Crypto
import JSON

/// Which model providers the functions find: the real ones whose key or address the environment of
/// whoever starts the emulator holds, for all others their stand-ins on the service port.
struct ProviderChoice: Sendable {
  private struct Provider {
    var key: String
    var address: String
    /// Below the service port.
    var path: String
  }

  private static let providers = [
    Provider(key: "OPENAI_API_KEY", address: "OPENAI_BASE_URL", path: "/openai/v1"),
    Provider(key: "ANTHROPIC_API_KEY", address: "ANTHROPIC_BASE_URL", path: "/anthropic"),
    Provider(key: "GEMINI_API_KEY", address: "GOOGLE_GEMINI_BASE_URL", path: "/gemini"),
    Provider(key: "GOOGLE_SERVICE_ACCOUNT", address: "GOOGLE_VERTEX_BASE_URL", path: "/vertex"),
    Provider(
      key: "AWS_BEARER_TOKEN_BEDROCK", address: "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", path: ""),
  ]

  /// Settings that are handed on as they are: who answers, and how.
  private static let settings = [
    "LLM_PROVIDER", "LLM_MODEL", "LLM_TEMPERATURE", "LLM_MAX_TOKENS", "ASSISTANT_PROVIDERS",
    "CLASSIFIER_MODEL", "SEARCH_GROUNDING", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION",
    "BEDROCK_REGION", "BUDGETS", "FEATURE_FLAGS", "MODEL_PRICES", "RESUME_GRACE_SECONDS",
  ]

  private let given: [String: String]

  init(_ environment: [String: String]) {
    let names = Self.settings + Self.providers.flatMap { [$0.key, $0.address] }
    given = environment.filter { names.contains($0.key) && !$0.value.isEmpty }
  }

  /// True when at least one provider is real.
  var hasReal: Bool { Self.providers.contains(where: isReal) }

  private func isReal(_ provider: Provider) -> Bool {
    given[provider.key] != nil || given[provider.address] != nil
  }

  /// The functions' variables. `named` are the variables that the template gives them, which tell
  /// whether somebody needs a service account: making one takes 100 ms.
  func variables(services: String, named: [[String: String]]) -> [String: String] {
    var variables = given
    for provider in Self.providers where !isReal(provider) {
      variables[provider.address] = services + provider.path
      if provider.key != "GOOGLE_SERVICE_ACCOUNT" { variables[provider.key] = "martlet" }
    }
    // Requests to the stand-in are signed like those to the real service.
    if variables["AWS_BEARER_TOKEN_BEDROCK"] == "martlet" {
      variables["AWS_BEARER_TOKEN_BEDROCK"] = nil
    }
    if given["AWS_BEARER_TOKEN_BEDROCK"] != nil, given["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == nil {
      let region = given["BEDROCK_REGION"] ?? "us-east-1"
      variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] =
        "https://bedrock-runtime.\(region).amazonaws.com"
    }
    if variables["GOOGLE_SERVICE_ACCOUNT"] == nil, asksVertex([given] + named) {
      variables["GOOGLE_SERVICE_ACCOUNT"] = Self.serviceAccount(services)
      if variables["GOOGLE_CLOUD_PROJECT"] == nil { variables["GOOGLE_CLOUD_PROJECT"] = "martlet" }
    }
    return variables
  }

  private func asksVertex(_ environments: [[String: String]]) -> Bool {
    environments.contains { variables in
      ["LLM_PROVIDER", "ASSISTANT_PROVIDERS", "CLASSIFIER_MODEL"].contains {
        variables[$0]?.lowercased().contains("vertex") == true
      }
    }
  }

  /// A service account of this run, whose tokens the stand-in gives out.
  private static func serviceAccount(_ services: String) -> String? {
    guard let key = TokenKey.newPrivateKeyPEM() else { return nil }
    let account: JSONValue = [
      "type": "service_account", "project_id": "martlet", "private_key_id": "martlet",
      "private_key": .string(key), "client_email": "martlet@martlet.iam.gserviceaccount.com",
      "token_uri": .string(services + "/vertex/token"),
    ]
    return account.description
  }
}
