// Sources: Runtime/LambdaRuntime/ResponseHead.swift Runtime/LambdaRuntime/ResponseReader.swift

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
