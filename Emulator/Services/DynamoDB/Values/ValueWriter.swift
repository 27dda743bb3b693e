import Crypto
import JSON

extension [UInt8] {
  /// Appends `{"name":{"S":"…"},…}`.
  mutating func append(_ attributes: Attributes) {
    append(0x7B)
    var isFirst = true
    for (name, value) in attributes {
      if !isFirst { append(0x2C) }
      isFirst = false
      appendJSON(name.string)
      append(0x3A)
      append(value)
    }
    append(0x7D)
  }

  /// Appends `{"S":"…"}`.
  mutating func append(_ value: AttributeValue) {
    switch value {
    case .string(let text):
      append(raw: "{\"S\":")
      appendJSON(text.string)
    case .number(let number):
      append(raw: "{\"N\":")
      append(quoted: number)
    case .binary(let bytes):
      append(raw: "{\"B\":")
      append(base64: bytes)
    case .bool(let flag): append(raw: flag ? "{\"BOOL\":true" : "{\"BOOL\":false")
    case .null: append(raw: "{\"NULL\":true")
    case .stringSet(let texts):
      append(raw: "{\"SS\":")
      append(list: texts) { $0.appendJSON($1.string) }
    case .numberSet(let numbers):
      append(raw: "{\"NS\":")
      append(list: numbers) { $0.append(quoted: $1) }
    case .binarySet(let members):
      append(raw: "{\"BS\":")
      append(list: members) { $0.append(base64: $1) }
    case .list(let values):
      append(raw: "{\"L\":")
      append(list: values) { $0.append($1) }
    case .map(let attributes):
      append(raw: "{\"M\":")
      append(attributes)
    }
    append(0x7D)
  }

  /// Appends text that needs no escapes.
  mutating func append(raw text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append<T>(list values: [T], _ write: (inout [UInt8], T) -> Void) {
    append(0x5B)
    for index in values.indices {
      if index > 0 { append(0x2C) }
      write(&self, values[index])
    }
    append(0x5D)
  }

  private mutating func append(quoted number: DecimalNumber) {
    append(0x22)
    number.append(to: &self)
    append(0x22)
  }

  private mutating func append(base64 bytes: [UInt8]) {
    append(0x22)
    Base64.standard.append(bytes, to: &self)
    append(0x22)
  }
}

extension Attributes {
  /// The item as it stands on the wire and in the store.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 16 * count)
    bytes.append(self)
    return bytes
  }
}
