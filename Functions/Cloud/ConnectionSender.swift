import Crypto
import JSON
import Network

/// Why a post did not reach a connection.
package enum ConnectionError: Error, Equatable {
  /// The client has gone; nothing will reach it any more.
  case gone
  /// Over 128 KB.
  case tooLarge
  case failed(CloudError)
}

/// What API Gateway knows about an open connection.
package struct ConnectionDetails: Sendable, Equatable {
  /// ISO 8601.
  package let connectedAt: String
  package let lastActiveAt: String
  package let sourceAddress: String?
}

/// Sends to clients through their open connections: API Gateway's `@connections`.
package struct ConnectionSender: Sendable {
  private var client: CloudClient
  private let base: String
  private let path: String

  /// - Parameters:
  ///   - client: Signs and sends.
  ///   - domain: `requestContext.domainName` of the event that opened the connection.
  ///   - stage: `requestContext.stage`.
  package init(_ client: CloudClient, domain: String, stage: String) {
    self.client = client
    let configured = client.settings.configuredEndpoint(of: .connections)
    let url = configured ?? "https://\(domain)/\(PercentEncoding.encode(stage))"
    // An endpoint may have a path of its own (a stage).
    let host = url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }
    let scheme = url.prefix { $0 != ":" }
    base = "\(scheme)://\(host)"
    path = String(url.dropFirst(base.count)) + "/@connections/"
  }

  /// The same sender, whose calls end at `deadline`.
  package func until(_ deadline: ContinuousClock.Instant) -> ConnectionSender {
    var copy = self
    copy.client = client.until(deadline)
    return copy
  }

  /// Sends one message of UTF-8 text, up to 128 KB.
  package func post(_ data: [UInt8], to connection: String) async throws(ConnectionError) {
    _ = try await send("POST", connection, data)
  }

  /// Closes a connection. One that is closed is not an error.
  package func disconnect(_ connection: String) async throws(ConnectionError) {
    do throws(ConnectionError) {
      _ = try await send("DELETE", connection)
    } catch .gone {
      return
    }
  }

  /// What is known about an open connection.
  package func details(
    of connection: String
  ) async throws(ConnectionError) -> ConnectionDetails {
    let response = try await send("GET", connection)
    do throws(CloudError) {
      let root = try response.json()
      guard let connected = root["connectedAt"]?.string, let active = root["lastActiveAt"]?.string
      else { throw .malformedResponse("details of a connection") }
      return ConnectionDetails(
        connectedAt: connected, lastActiveAt: active,
        sourceAddress: root["identity"]?["sourceIp"]?.string)
    } catch {
      throw .failed(error)
    }
  }

  private func send(
    _ method: String, _ connection: String, _ data: [UInt8] = []
  ) async throws(ConnectionError) -> ClientResponse {
    let call = CloudClient.Call(
      service: .connections, method: method, base: base,
      path: path + PercentEncoding.encode(connection), body: data)
    let response: ClientResponse
    do throws(CloudError) {
      response = try await client.send(call) {
        (200..<300).contains($0.status) || [410, 413].contains($0.status)
      }
    } catch {
      throw .failed(error)
    }
    switch response.status {
    case 410: throw .gone
    case 413: throw .tooLarge
    default: return response
    }
  }
}
