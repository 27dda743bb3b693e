/// A function: an event comes in, a response goes out.
///
/// ```swift
/// struct Greet: Handler {
///   func handle(_ event: Name, _ invocation: Invocation) async throws -> Greeting {
///     Greeting(text: "Hello, \(event.name)")
///   }
/// }
/// Lambda.run(Greet())
/// ```
/// Decoded and encoded as JSON. A thrown error becomes the invocation's error; what cannot be
/// decoded is `Runtime.UnmarshalError`. A response that is nil becomes `null`.
public protocol Handler: Sendable {
  associatedtype Event: Decodable
  associatedtype Response: Encodable

  func handle(_ event: Event, _ invocation: Invocation) async throws -> Response
}

/// A function that goes on after its response: the caller has it while the work continues.
///
/// The invocation ends (and is billed) until `handle` returns. An error after `answer` is only
/// logged: the caller has the response already.
public protocol BackgroundHandler: Sendable {
  associatedtype Event: Decodable
  associatedtype Response: Encodable & Sendable

  func handle(_ event: Event, _ answer: Answer<Response>, _ invocation: Invocation) async throws
}

/// A function whose response goes out while it is still being made.
///
/// Returning ends the response; an error in the middle reaches the caller as error trailers.
public protocol StreamingHandler: Sendable {
  associatedtype Event: Decodable

  func handle(_ event: Event, _ response: ResponseStream, _ invocation: Invocation) async throws
}

/// A function on bytes: what all others are made of. Nothing is decoded.
public protocol RawHandler: Sendable {
  func handle(_ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation) async throws
}

/// Gives a background handler's response to the caller, once.
public struct Answer<Response: Encodable & Sendable>: Sendable {
  let stream: ResponseStream

  public func callAsFunction(_ response: Response) async throws {
    try await stream.send(try Coding.encode(response))
  }
}

/// An error that chooses what the Runtime API reports about it.
///
/// Other errors are reported by the name of their case or type (`Function.NotFound`) and their
/// description.
public protocol FunctionError: Error {
  /// `Function.X` or `Runtime.X`, X in letters with a capital in front.
  var errorType: String { get }
  var errorMessage: String { get }
  /// Where it happened, innermost first. Swift's errors do not know, so the default is nothing; an
  /// error that is to tell takes a `StackFrame` when it is made.
  var stackTrace: [StackFrame] { get }
}

/// One handler of a table: its name in `_HANDLER` and how it is made.
///
/// `make` runs only for the name that is asked for. What it throws is an init error.
public struct Route: Sendable {
  public let name: String
  let make: @Sendable () throws -> any RawHandler
  var prepare: (@Sendable () -> Void)?

  public init<H: Handler>(_ name: String, _ make: @escaping @Sendable () throws -> H) {
    self.name = name
    self.make = { try make().raw }
  }

  public init<H: BackgroundHandler>(_ name: String, _ make: @escaping @Sendable () throws -> H) {
    self.name = name
    self.make = { try make().raw }
  }

  public init<H: StreamingHandler>(_ name: String, _ make: @escaping @Sendable () throws -> H) {
    self.name = name
    self.make = { try make().raw }
  }

  public init<H: RawHandler>(_ name: String, _ make: @escaping @Sendable () throws -> H) {
    self.name = name
    self.make = make
  }

  /// This route with something to do on a thread of its own as soon as Lambda has been asked for the
  /// first event: what the cold start need not wait for, such as loading a library.
  public func whenReady(_ prepare: @escaping @Sendable () -> Void) -> Route {
    var route = self
    route.prepare = prepare
    return route
  }
}

/// The handlers of a program that serves several functions; `_HANDLER` names one.
///
/// A name that is missing or in no route is an init error that lists the routes.
public struct HandlerTable: Sendable {
  public let routes: [Route]

  public init(_ routes: [Route]) {
    self.routes = routes
  }
}

/// Runs a function until its sandbox ends.
///
/// Call it from a synchronous `main.swift`: it takes the thread over, and code isolated to the main
/// actor never runs. A handler whose making throws is an init error; the process then exits with 1.
public enum Lambda {
  public static func run(_ handler: @autoclosure () throws -> some Handler) -> Never {
    Program.run { _ in Function(handler: try handler().raw) }
  }

  public static func run(_ handler: @autoclosure () throws -> some BackgroundHandler) -> Never {
    Program.run { _ in Function(handler: try handler().raw) }
  }

  public static func run(_ handler: @autoclosure () throws -> some StreamingHandler) -> Never {
    Program.run { _ in Function(handler: try handler().raw) }
  }

  public static func run(_ handler: @autoclosure () throws -> some RawHandler) -> Never {
    Program.run { _ in Function(handler: try handler()) }
  }

  public static func run(_ table: HandlerTable) -> Never {
    Program.run { name in try table.function(named: name) }
  }
}

extension Handler {
  /// This handler on bytes, to be wrapped or put into a test.
  public var raw: some RawHandler { ValueAdaptor(handler: self) }
}

extension BackgroundHandler {
  /// This handler on bytes, to be wrapped or put into a test.
  public var raw: some RawHandler { BackgroundAdaptor(handler: self) }
}

extension StreamingHandler {
  /// This handler on bytes, to be wrapped or put into a test.
  public var raw: some RawHandler { StreamingAdaptor(handler: self) }
}

extension RawHandler {
  /// Logs one line after each invocation: how long it took and how it ended.
  public func logged() -> some RawHandler { Logged(handler: self) }

  /// Emits cold starts, durations and errors as metrics of this namespace.
  public func measured(namespace: String) -> some RawHandler {
    Measured(handler: self, namespace: namespace)
  }

  /// Handles events on this executor instead of the run loop's thread: the one of a client's event
  /// loop, say, so that an invocation that waits for it again and again does not change threads.
  public func on(_ executor: any TaskExecutor) -> some RawHandler {
    Placed(handler: self, executor: executor)
  }
}
