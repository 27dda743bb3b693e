import Services
import Storage
import Template

/// `martlet token`: prints a token for a user, made with the state's key.
struct TokenCommand {
  let options: TokenOptions

  func run() async throws -> Int32 {
    let project = try Project(options.project)
    let state = try State(project, options.project, isExclusive: false)
    let application = try project.application(TemplateEnvironment())
    let database = try Database(state.database, durability: .normal)
    let secrets = try await SecretsManager(database)
    try await secrets.create(secrets: application.secrets)
    let token = try await DevelopmentToken(secrets).text(
      user: options.user, tenant: options.tenant, role: options.role.rawValue)
    await database.close()
    Console.shared.print(token)
    return 0
  }
}
