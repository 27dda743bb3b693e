import Server
import Services
import Storage
import Template

/// The smaller services of a cloud: keys, parameters, tokens.
struct CloudServices: Sendable {
  let kms: KMS
  let parameters: ParameterStore
  let tokens: STS

  /// Opens them and makes what the template describes.
  init(
    _ database: Database, _ application: Application, _ environment: TemplateEnvironment
  )
    async throws
  {
    kms = try await KMS(database, environment: environment)
    parameters = try await ParameterStore(database, kms: kms, environment: environment)
    tokens = STS(environment: environment)
    try await kms.create(keys: application.keys, aliases: application.keyAliases)
    try await parameters.create(parameters: application.parameters)
  }

  /// How their requests are known.
  var routes: [EmulatedService] {
    [
      EmulatedService(
        name: "kms", signingNames: ["kms"], targets: ["TrentService."], answer: kms.answer),
      EmulatedService(
        name: "ssm", signingNames: ["ssm"], targets: ["AmazonSSM."], answer: parameters.answer),
      EmulatedService(
        name: "sts", signingNames: ["sts"], matches: { STS.matches($0) }, answer: tokens.answer),
    ]
  }
}
