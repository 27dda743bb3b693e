import Foundation
import Testing

@testable import LambdaRuntime

/// What a reader makes of bytes that arrive in these pieces; the connection ends after them.
private func read(_ pieces: [ArraySlice<UInt8>]) -> Result<Response, ResponseFault> {
  var reader = ResponseReader()
  do throws(ResponseFault) {
    for (index, piece) in pieces.enumerated() {
      if let response = try reader.read(piece) {
        guard pieces[(index + 1)...].allSatisfy(\.isEmpty) else {
          throw .malformed("bytes behind the answer")
        }
        return .success(response)
      }
    }
    return .success(try reader.end())
  } catch {
    return .failure(error)
  }
}

private func read(_ text: String) -> Result<Response, ResponseFault> {
  read([Array(text.utf8)[...]])
}

private func seen(_ result: Result<Response, ResponseFault>) -> String {
  switch result {
  case .success(let response):
    "\(response.status) \(String(decoding: response.body, as: UTF8.self)) \(response.keepsAlive)"
  case .failure(let fault): "\(fault)"
  }
}

/// An answer, what it says and whether the connection lives on.
private let answers: [(text: String, seen: String)] = [
  ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello true"),
  ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200  true"),
  ("HTTP/1.1 202 Accepted\r\ncontent-length:2\r\nX:  y \r\n\r\nok", "202 ok true"),
  ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "200 ok false"),
  ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok false"),
  ("HTTP/1.1 204 No Content\r\n\r\n", "204  true"),
  ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 until the end false"),
  (
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "200 hello true"
  ),
  (
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
      + "3;name=\"x\"\r\nabc\r\nA \r\n0123456789\r\n00\r\nT: x\r\n\r\n",
    "200 abc0123456789 true"
  ),
  (
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 x true"
  ),
]

private let garbage = [
  "HTTP/2 200 OK\r\n\r\n", "hello", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n",
  "HTTP/1.1 200OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
  "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
  "HTTP/1.1 200 OK\r\nA : x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n\r\n",
  "HTTP/1.1 200 OK\r\nA: x\u{0}\r\n\r\n", "HTTP/1.1 200 OK\r\nA: x\nB: y\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
  "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
  "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n",
]

@Suite struct ResponseReaderTests {
  @Test func `reads answers in one piece`() {
    for (text, expected) in answers {
      #expect(seen(read(text)) == expected, "\(text)")
    }
  }

  @Test func `reads answers byte by byte and cut at every place`() {
    for (text, expected) in answers {
      let bytes = Array(text.utf8)
      #expect(seen(read(bytes.indices.map { bytes[$0...$0] })) == expected, "\(text)")
      for cut in bytes.indices {
        #expect(seen(read([bytes[..<cut], bytes[cut...]])) == expected, "\(text) at \(cut)")
      }
    }
  }

  @Test func `an answer that ends early is a fault`() {
    for (text, _) in answers where !text.contains("until the end") {
      let bytes = Array(text.utf8)
      for count in 0..<bytes.count {
        guard case .failure(let fault) = read([bytes[..<count]]) else {
          Issue.record("\(text) cut to \(count) bytes was read")
          continue
        }
        #expect(fault == (count == 0 ? .closed : .truncated))
      }
    }
  }

  @Test func `refuses garbage`() {
    for text in garbage {
      guard case .failure = read(text) else {
        Issue.record("read: \(text)")
        continue
      }
    }
  }

  @Test func `a changed byte never breaks the reader`() {
    for (text, _) in answers {
      for index in text.utf8.indices.enumerated().map(\.offset) {
        for byte: UInt8 in [0, 9, 10, 13, 32, 48, 57, 58, 65, 102, 127, 128, 255] {
          var bytes = Array(text.utf8)
          bytes[index] = byte
          let whole = seen(read([bytes[...]]))
          let pieces = seen(read(bytes.indices.map { bytes[$0...$0] }))
          // What one read sees, another sees: only the moment of a fault may differ.
          if case .success = read([bytes[...]]) { #expect(pieces == whole, "\(text) \(index)") }
        }
      }
    }
  }

  @Test func `limits the head, the chunk line, the trailers and interim answers`() {
    let long = String(repeating: "x", count: ResponseReader.headLimit)
    #expect(seen(read("HTTP/1.1 200 OK\r\nA: \(long)")) == "tooLarge(limit: 65536)")
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(seen(read("\(chunked)1;\(long)x")) == "tooLarge(limit: 65536)")
    #expect(seen(read("\(chunked)0\r\nT: \(long)xx")) == "tooLarge(limit: 65536)")
    let many = String(repeating: "T: \(String(repeating: "x", count: 1000))\r\n", count: 70)
    #expect(seen(read("\(chunked)0\r\n\(many)\r\n")) == "tooLarge(limit: 65536)")
    let interim = String(
      repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: ResponseReader.interimLimit + 1)
    guard case .failure = read(interim) else {
      Issue.record("endless interim answers")
      return
    }
  }

  @Test func `chunks cannot exceed the body's limit`() {
    let chunk = "FFFFFFF\r\n"
    let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)"
    #expect(seen(read(text)) == "tooLarge(limit: \(ResponseReader.bodyLimit))")
  }

  @Test func `one reader reads many answers`() throws {
    var reader = ResponseReader()
    for number in 0..<100 {
      let body = String(repeating: "b", count: number)
      let text = "HTTP/1.1 200 OK\r\nContent-Length: \(number)\r\n\r\n\(body)"
      let response = try reader.read(Array(text.utf8))
      #expect(response?.body.count == number)
      #expect(!reader.hasBegun)
    }
  }

  @Test func `a field is found whatever its case`() throws {
    let head = try ResponseHead(
      parsing: Array("HTTP/1.1 200 OK\r\nLambda-Runtime-TRACE-Id: Root=1\r\n\r\n".utf8))
    #expect(head.value(of: "lambda-runtime-trace-id") == "Root=1")
    #expect(head.value(of: "lambda-runtime-trace") == nil)
  }
}

@Suite struct EndpointTests {
  @Test func `host names, addresses and ports`() {
    for (text, host, port) in [
      ("127.0.0.1:9001", "127.0.0.1", "9001"), ("localhost:80", "localhost", "80"),
      ("runtime.internal", "runtime.internal", "80"), ("[::1]:9001", "::1", "9001"),
      ("[::1]", "::1", "80"),
    ] {
      #expect(Endpoint(text)?.host == host)
      #expect(Endpoint(text)?.port == port)
      #expect(Endpoint(text)?.text == text)
    }
  }

  @Test(arguments: [
    "", ":80", "a:", "a:0", "a:65536", "a:x", "a:1:2", "a b:1", "a/b:1", "[::1]x:1", "a\r\n:1",
  ]) func `refuses what is no authority`(_ text: String) {
    #expect(Endpoint(text) == nil)
  }
}
