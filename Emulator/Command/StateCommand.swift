import Glibc
import JSON
import Services
import Storage

/// What `martlet state` is asked for.
struct StateOptions: Equatable {
  enum Action: Equatable {
    case check
    case export(String)
    case load(String)
    case reset
  }

  var project = ProjectOptions()
  var action: Action

  init(_ reader: ArgumentReader) throws(UsageError) {
    project = try ProjectOptions(reader)
    let words = try reader.operands(atMost: 2)
    let folder = words.count == 2 ? words[1] : nil
    switch (words.first, folder) {
    case ("check"?, nil): action = .check
    case ("reset"?, nil): action = .reset
    case ("export"?, let folder?) where !folder.isEmpty: action = .export(folder)
    case ("import"?, let folder?) where !folder.isEmpty: action = .load(folder)
    case ("export"?, _), ("import"?, _): throw reader.usage("which FOLDER?")
    case ("check"?, _), ("reset"?, _):
      throw reader.usage("unexpected argument '\(folder ?? "")'")
    default:
      throw reader.usage(
        words.first.map { "unknown action '\($0)'; give check, export, import or reset" }
          ?? "what? Give check, export, import or reset")
    }
  }
}

/// `martlet state`: looks after the folder in which a project's state is kept.
///
/// `check` and `export` read one moment of the state, also while `martlet start` runs; `import` and
/// `reset` need it to themselves.
struct StateCommand {
  let options: StateOptions

  /// The state is damaged.
  private static let damaged: Int32 = 1

  func run() async throws -> Int32 {
    let project = try Project(options.project)
    let path = project.stateFolder(options.project)
    switch options.action {
    case .check: return try await check(existing(path))
    case .export(let target): return try await export(existing(path), to: target)
    case .load(let source): return try await load(source, into: StateFolder(path))
    case .reset: return try reset(path)
    }
  }

  /// The folder of a state that is there; the command does not make one to look at.
  private func existing(_ path: String) throws -> StateFolder {
    guard access(path + "/state.sqlite", F_OK) == 0 else {
      throw ProjectError(description: "there is no state in \(path)")
    }
    return try StateFolder(path)
  }

  // MARK: check

  private func check(_ folder: StateFolder) async throws -> Int32 {
    let database = try Database(folder.database, durability: .normal)
    var findings = try await database.findings()
    var objects = 0
    if findings.isEmpty {
      do {
        let files = try await database.snapshot { try StateContents.bodies(of: $0) }
        objects = files.count
        findings = files.compactMap { Self.finding(on: $0, in: folder) }
      } catch {
        findings = ["\(error)"]
      }
    }
    await database.close()
    guard findings.isEmpty else {
      for finding in findings { Console.shared.note("martlet: \(finding)") }
      Console.shared.note("the state in \(folder.path) is damaged")
      return Self.damaged
    }
    Console.shared.print("the state in \(folder.path) is sound: \(objects) bodies of objects")
    return 0
  }

  private static func finding(on body: StateContents.Body, in folder: StateFolder) -> String? {
    let path = folder.objects + "/" + body.file
    var status = stat()
    guard lstat(path, &status) == 0 else {
      return "\(path), the bytes of \(body.owner), is missing"
    }
    guard status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) == body.size else {
      return
        "\(path), the bytes of \(body.owner), has \(status.st_size) bytes instead of \(body.size)"
    }
    return nil
  }

  // MARK: export and import

  private func export(_ folder: StateFolder, to target: String) async throws -> Int32 {
    let database = try Database(folder.database, durability: .normal)
    do {
      let rows = try await StateExport(folder: folder, target: target).run(database)
      await database.close()
      Console.shared.print("exported \(rows) rows to \(target)")
      return 0
    } catch {
      await database.close()
      throw error
    }
  }

  private func load(_ source: String, into folder: StateFolder) async throws -> Int32 {
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let database = try Database(folder.database, durability: .full)
    do {
      let rows = try await StateImport(folder: folder, source: source).run(database)
      await database.close()
      Console.shared.print("imported \(rows) rows into \(folder.path)")
      return 0
    } catch {
      await database.close()
      throw error
    }
  }

  // MARK: reset

  private func reset(_ path: String) throws -> Int32 {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      Console.shared.print("there is no state in \(path)")
      return 0
    }
    let folder = try StateFolder(path)
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    var removed = 0
    for suffix in ["", "-wal", "-shm"] where unlink(folder.database + suffix) == 0 { removed += 1 }
    for name in Files.visible(in: folder.objects) where name.hasSuffix(".body") {
      if unlink(folder.objects + "/" + name) == 0 { removed += 1 }
    }
    Console.shared.print(
      removed == 0 ? "there is no state in \(path)" : "the state in \(path) is gone")
    return 0
  }
}
