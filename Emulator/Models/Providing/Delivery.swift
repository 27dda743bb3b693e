import Server

/// The connection is meant to break here, as a fault asked for.
struct DeliberateCut: Error {}

extension ProviderAnswer {
  /// Carries out the steps: waits, writes, breaks off.
  func delivered() async -> HTTPResponse {
    var all: HTTPHeaders = ["Content-Type": type, "x-martlet-model": "deterministic stand-in"]
    for header in headers { all.append(header.name, header.value) }
    guard isStream else { return await complete(all) }
    let steps = merged
    return HTTPResponse(
      status: status, headers: all,
      body: .stream(length: nil) { writer in
        for step in steps {
          switch step {
          case .bytes(let bytes): try await writer.write(bytes)
          case .wait(let duration): try await Task.sleep(for: duration)
          case .cut: throw DeliberateCut()
          }
        }
      })
  }

  private func complete(_ headers: HTTPHeaders) async -> HTTPResponse {
    for step in steps {
      if case .wait(let duration) = step { try? await Task.sleep(for: duration) }
    }
    let body = body
    guard steps.contains(.cut) else {
      return HTTPResponse(status: status, headers: headers, body: .bytes(body))
    }
    return HTTPResponse(
      status: status, headers: headers,
      body: .stream(length: body.count + 1) { writer in
        try await writer.write(body)
        throw DeliberateCut()
      })
  }

  /// Neighbouring bytes in one write, except the first: that one goes out at once.
  var merged: [Step] {
    var merged: [Step] = []
    for step in steps {
      guard case .bytes(let more) = step, merged.count > 1, case .bytes(var bytes) = merged.last
      else {
        merged.append(step)
        continue
      }
      merged.removeLast()
      bytes += more
      merged.append(.bytes(bytes))
    }
    return merged
  }
}
