import Storage
import Testing

@testable import Command

@Suite struct CommandLineTests {
  @Test func `reads options in both forms`() throws {
    guard
      case .start(let options) = try Command([
        "start", "--port=0", "--service-port", "5000", "--json", "--ttl-sweep", "0.2",
        "--durability=full",
      ])
    else {
      Issue.record("not a start")
      return
    }
    #expect(options.port == 0)
    #expect(options.servicePort == 5000)
    #expect(options.printsJSON)
    #expect(options.sweepPeriod == .milliseconds(200))
    #expect(options.durability == .full)
    guard case .invoke(let invoke) = try Command(["invoke", "chat", "--event", "-", "--dir", "x"])
    else {
      Issue.record("not an invoke")
      return
    }
    #expect(invoke.route == "chat")
    #expect(invoke.event == "-")
    #expect(invoke.project.folder == "x")
  }

  @Test func `logs takes a name, a filter and how many`() throws {
    guard
      case .logs(let logs) = try Command([
        "logs", "chat", "--follow", "--filter", "?ERROR ?WARN", "--lines=7",
      ])
    else {
      Issue.record("no logs")
      return
    }
    #expect(logs.name == "chat")
    #expect(logs.filter == "?ERROR ?WARN")
    #expect(logs.follows)
    #expect(logs.lines == 7)
    guard case .logs(let all) = try Command(["logs"]) else {
      Issue.record("no logs")
      return
    }
    #expect(all.name == nil)
    #expect(!all.follows)
    #expect(throws: UsageError.self) { try Command(["logs", "--lines", "10001"]) }
  }

  @Test func `package and smoke take what they need`() throws {
    guard
      case .package(let package) = try Command(["package", "chat", "WebFunction", "--no-loader"])
    else {
      Issue.record("not a package")
      return
    }
    #expect(package.functions == ["chat", "WebFunction"])
    #expect(!package.bringsLoader)
    guard case .smoke(let smoke) = try Command(["smoke", "https://a.example/", "--timeout=5"])
    else {
      Issue.record("not a smoke")
      return
    }
    #expect(smoke.address == "https://a.example")
    #expect(smoke.timeout == 5)
  }

  @Test func `help is for the whole and for each command`() throws {
    #expect(try Command([]) == .help(nil))
    #expect(try Command(["--help"]) == .help(nil))
    for topic in Command.Topic.allCases {
      #expect(try Command([topic.rawValue, "--help"]) == .help(topic))
      #expect(try Command(["help", topic.rawValue]) == .help(topic))
      #expect(Usage.text(topic).contains("martlet \(topic.rawValue)"))
    }
  }

  @Test(arguments: [
    (["dance"], "unknown command 'dance'"),
    (["start", "--port", "70000"], "--port 70000"),
    (["start", "--port", "x"], "--port x"),
    (["start", "--port"], "--port needs a value"),
    (["start", "--json=1"], "--json takes no value"),
    (["start", "--port", "1", "--port", "2"], "--port is given twice"),
    (["start", "--port", "4566"], "--port and --service-port are the same"),
    (["start", "--state", "disk"], "--state disk"),
    (["start", "--ttl-sweep", "0.1"], "--ttl-sweep 0.1"),
    (["start", "--ttl-sweep", "nan"], "--ttl-sweep nan"),
    (["start", "--durability", "most"], "--durability most"),
    (["start", "--nonsense"], "unknown option --nonsense"),
    (["start", "extra"], "unexpected argument 'extra'"),
    (["invoke"], "which ROUTE?"),
    (["invoke", "chat"], "which event?"),
    (["invoke", "chat", "more", "--event", "x"], "unexpected argument 'more'"),
    (["token"], "Give --user NAME"),
    (["token", "--user", "a", "--role", "king"], "--role king"),
    (["token", "--user", "a\nb"], "--user: a name has"),
    (["token", "--user", ""], "--user: a name has"),
    (["state"], "Give check, export, import or reset"),
    (["state", "export"], "which FOLDER?"),
    (["state", "dance"], "unknown action 'dance'"),
    (["start", "--cors", "app.test"], "an origin is"),
    (["help", "dance"], "unknown command 'dance'"),
    (["package", "--no-loader=1"], "--no-loader takes no value"),
    (["package", "--build", ""], "a file name is empty"),
    (["smoke"], "which URL?"),
    (["smoke", "example.com"], "the URL begins with https://"),
    (["smoke", "https://a", "b"], "unexpected argument 'b'"),
    (["smoke", "https://a", "--timeout", "0"], "--timeout 0"),
  ])
  func `says what is wrong`(_ words: [String], _ text: String) {
    let error = #expect(throws: UsageError.self) { try Command(words) }
    #expect(error?.text.contains(text) == true, "\(error?.text ?? "")")
  }
}

@Suite struct LoadingProgressTests {
  @Test func `reads both log formats`() {
    var progress = LoadingProgress(isTerminal: true)
    #expect(
      progress.text(for: #"{"level":"INFO","message":"ingesting","done":500,"total":1000}"#)
        == "loading the project's data: 500 of 1000 (50 %)")
    #expect(
      progress.text(for: "2026-11-21T11:41:45.254Z INFO RequestId: x ingesting done=750 total=1000")
        == "loading the project's data: 750 of 1000 (75 %)")
    #expect(progress.text(for: "START RequestId: x") == nil)
    #expect(progress.text(for: #"{"done":1,"total":0}"#) == nil)
  }

  @Test func `says each tenth once where nobody watches`() {
    var progress = LoadingProgress(isTerminal: false)
    let told = (0...1000).compactMap { progress.text(for: #"{"done":\#($0),"total":1000}"#) }
    #expect(told.count == 11)
  }
}
