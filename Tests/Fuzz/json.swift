// Modules: JSON

import JSON

/// Whatever the reader takes, the writer gives back, and the reader takes that again as the same value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  guard let value = try? JSONValue(parsing: bytes) else { return 0 }
  for style in [JSONStyle.compact, .pretty, .sorted] {
    guard let again = try? JSONValue(parsing: value.encoded(style)),
      style == .sorted || again == value
    else { fatalError("read and written differ") }
  }
  return 0
}
