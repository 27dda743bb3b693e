import Crypto
import Lambda
import Services

/// Whose signatures the services accept under `--check-signatures`.
enum ServiceCredentials {
  /// Whether the user has credentials of their own.
  static func areNamed(in environment: [String: String]) -> Bool {
    environment["AWS_ACCESS_KEY_ID"]?.isEmpty == false
  }

  /// The user's credentials, as every SDK finds them in the environment, and the functions' own.
  static func check(_ environment: [String: String]) -> SignatureCheck {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let user = AWSCredentials(
      accessKeyID: value("AWS_ACCESS_KEY_ID") ?? "test",
      secretAccessKey: value("AWS_SECRET_ACCESS_KEY") ?? "test",
      sessionToken: value("AWS_SESSION_TOKEN"))
    let sandbox = AWSCredentials(
      accessKeyID: FunctionCredentials.name, secretAccessKey: FunctionCredentials.name,
      sessionToken: FunctionCredentials.name)
    return SignatureCheck(
      [user, sandbox], region: value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? "us-east-1")
  }
}
