import Services
import Storage
import Template

/// `martlet token`: prints a token for a user, made with the state's key or a deployed stack's.
struct TokenCommand {
  let options: TokenOptions

  /// Longest key, in bytes.
  private static let longestKey = 4096

  func run() async throws -> Int32 {
    if let file = options.key {
      Console.shared.print(try text(DevelopmentToken(key: key(in: file))))
      return 0
    }
    Console.shared.print(try text(await Self.tokens(of: options.project)))
    return 0
  }

  /// Made with the key of a project's state.
  static func tokens(of options: ProjectOptions) async throws -> DevelopmentToken {
    let project = try Project(options)
    let state = try State(project, options, isExclusive: false)
    let application = try project.application(TemplateEnvironment())
    let database = try Database(state.database, durability: .normal)
    let secrets = try await SecretsManager(database)
    try await secrets.create(secrets: application.secrets)
    let tokens = try await DevelopmentToken(secrets)
    await database.close()
    return tokens
  }

  private func text(_ tokens: DevelopmentToken) throws -> String {
    try tokens.text(user: options.user, tenant: options.tenant, role: options.role.rawValue)
  }

  /// The text of a file without the line's end that tools print behind it.
  private func key(in file: String) throws(ProjectError) -> String {
    let bytes: [UInt8]
    do {
      bytes = try Files.contents(of: file, limit: Self.longestKey)
    } catch {
      throw ProjectError(description: "the key \(file) \(error)")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let key = text.split(whereSeparator: \.isNewline)
    guard key.count == 1, let key = key.first, key.utf8.count >= 32 else {
      throw ProjectError(description: "the key \(file) is not one line of at least 32 bytes")
    }
    return String(key)
  }
}
