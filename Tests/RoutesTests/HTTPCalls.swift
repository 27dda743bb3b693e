import Agent
import Events
import Foundation
import JSON
import LambdaRuntime
import Synchronization

@testable import Routes

/// A request with a JSON body to the HTTP API.
func request(
  _ path: String, method: String, token: String?, body: JSONValue, headers: [String: String] = [:]
) throws -> HTTPEvent {
  var event = try request(path, method: method, token: token)
  event.headers["content-type"] = "application/json"
  event.headers.merge(headers) { $1 }
  event.body = body.description
  event.isBase64Encoded = false
  return event
}

extension FunctionURLEvent {
  /// The same request to a function URL.
  init(_ event: HTTPEvent) throws {
    self = try JSONDecoder().decode(FunctionURLEvent.self, from: JSONEncoder().encode(event))
  }
}

/// Keeps a streamed response; its client can be gone from a write on.
final class SentStream: ResponseSink {
  private struct State {
    var prelude: ResponsePrelude?
    var pieces: [String] = []
  }

  private let state = Mutex(State())
  private let goneAfter: Int

  init(goneAfter count: Int = .max) { goneAfter = count }

  var status: Int? { state.withLock { $0.prelude?.statusCode } }
  var text: String { state.withLock { $0.pieces.joined() } }

  func start(_ prelude: ResponsePrelude) async throws {
    state.withLock { $0.prelude = prelude }
  }

  func write(_ text: String) async throws {
    try state.withLock { state in
      guard state.pieces.count < goneAfter else { throw ResponseError.connectionLost }
      state.pieces.append(text)
    }
  }

  /// Ids and data of the events that came.
  var events: [(id: String, data: JSONValue)] {
    text.split(separator: "\n\n").compactMap { event in
      let lines = event.split(separator: "\n")
      func field(_ name: String) -> String? {
        lines.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
      }
      guard let data = field("data").flatMap({ try? JSONValue(parsing: $0) }) else { return nil }
      return (field("id") ?? "", data)
    }
  }

  var types: [String] { events.map { $0.data["type"]?.string ?? "?" } }
  var said: String { events.compactMap { $0.data["content"]?.string }.joined() }
}
