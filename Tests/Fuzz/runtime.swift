// Sources: Runtime/LambdaRuntime/ResponseHead.swift Runtime/LambdaRuntime/ResponseReader.swift
// Seed: aHTTP/1.1 200 OK\r\nContent-Length: 5\r\nLambda-Runtime-Trace-Id: Root=1\r\n\r\nhello
// Seed: bHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n6;x=y\r\n bytes\r\n0\r\nT: v\r\n\r\n
// Seed: cHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n
// Seed: dHTTP/1.0 200 OK\r\n\r\nuntil the end
// Seed: eHTTP/1.1 204 No Content\r\n\r\n
// Word: "Content-Length: "
// Word: "Transfer-Encoding: chunked\x0d\x0a"
// Word: "Connection: close\x0d\x0a"
// Word: "\x0d\x0a\x0d\x0a"
// Word: "\x0d\x0a0\x0d\x0a\x0d\x0a"
// Word: "HTTP/1.1 200 OK\x0d\x0a"

/// The reader of the Runtime API's answers: in pieces it reads what it reads in one, or refuses both.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  guard let first = bytes.first else { return 0 }
  let input = bytes.dropFirst()
  let whole = read([input])
  var pieces: [ArraySlice<UInt8>] = []
  var rest = input
  let size = Int(first % 16) + 1
  while !rest.isEmpty {
    pieces.append(rest.prefix(size))
    rest = rest.dropFirst(size)
  }
  guard whole == read(pieces) else { fatalError("pieces are read otherwise than the whole") }
  return 0
}

/// Status and body; nil when it was refused.
private func read(_ pieces: [ArraySlice<UInt8>]) -> Seen? {
  var reader = ResponseReader()
  do throws(ResponseFault) {
    for (index, piece) in pieces.enumerated() {
      guard let response = try reader.read(piece) else { continue }
      return index == pieces.count - 1 ? Seen(response) : nil
    }
    return Seen(try reader.end())
  } catch {
    return nil
  }
}

private struct Seen: Equatable {
  let status: Int
  let body: [UInt8]
  let keepsAlive: Bool

  init(_ response: Response) {
    status = response.status
    body = response.body
    keepsAlive = response.keepsAlive
  }
}
