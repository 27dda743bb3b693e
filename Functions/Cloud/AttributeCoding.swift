import Crypto
import Events
import JSON

extension [UInt8] {
  /// Appends an item in DynamoDB's JSON.
  mutating func appendItem(_ item: Item) {
    append(UInt8(ascii: "{"))
    var isFirst = true
    for (name, value) in item {
      if !isFirst { append(UInt8(ascii: ",")) }
      isFirst = false
      appendJSON(name)
      append(UInt8(ascii: ":"))
      appendAttribute(value)
    }
    append(UInt8(ascii: "}"))
  }

  /// Appends one value: `{"S":"text"}`.
  mutating func appendAttribute(_ value: AttributeValue) {
    switch value {
    case .string(let text):
      append(contentsOf: #"{"S":"#.utf8)
      appendJSON(text)
    case .number(let text):
      append(contentsOf: #"{"N":"#.utf8)
      appendJSON(text)
    case .binary(let bytes):
      append(contentsOf: #"{"B":"#.utf8)
      appendBase64(bytes)
    case .boolean(let value):
      append(contentsOf: (value ? #"{"BOOL":true"# : #"{"BOOL":false"#).utf8)
    case .null:
      append(contentsOf: #"{"NULL":true"#.utf8)
    case .list(let elements):
      append(contentsOf: #"{"L":"#.utf8)
      appendElements(elements) { $0.appendAttribute($1) }
    case .map(let members):
      append(contentsOf: #"{"M":"#.utf8)
      appendItem(members)
    case .stringSet(let members):
      append(contentsOf: #"{"SS":"#.utf8)
      appendElements(members) { $0.appendJSON($1) }
    case .numberSet(let members):
      append(contentsOf: #"{"NS":"#.utf8)
      appendElements(members) { $0.appendJSON($1) }
    case .binarySet(let members):
      append(contentsOf: #"{"BS":"#.utf8)
      appendElements(members) { $0.appendBase64($1) }
    }
    append(UInt8(ascii: "}"))
  }

  /// Appends an array, each element by `add`.
  mutating func appendElements<Part>(
    _ elements: some Sequence<Part>, _ add: (inout [UInt8], Part) -> Void
  ) {
    append(UInt8(ascii: "["))
    var isFirst = true
    for element in elements {
      if !isFirst { append(UInt8(ascii: ",")) }
      isFirst = false
      add(&self, element)
    }
    append(UInt8(ascii: "]"))
  }

  private mutating func appendBase64(_ bytes: [UInt8]) {
    append(UInt8(ascii: "\""))
    Base64.standard.append(bytes, to: &self)
    append(UInt8(ascii: "\""))
  }
}

extension JSONNode {
  /// An item of DynamoDB's JSON.
  func item() throws(CloudError) -> Item {
    guard let members else { throw .malformedResponse("an item is no object") }
    var item = Item(minimumCapacity: count)
    for member in members { item[member.key] = try member.value.attribute() }
    return item
  }

  private func attribute() throws(CloudError) -> AttributeValue {
    guard var members, let member = members.next(), members.next() == nil else {
      throw .malformedResponse("a value has one type")
    }
    let value = member.value
    switch member.key {
    case "S": if let text = value.string { return .string(text) }
    case "N": if let text = value.string { return .number(text) }
    case "B": if let bytes = value.string.flatMap(Base64.standard.decode) { return .binary(bytes) }
    case "BOOL": if let bool = value.bool { return .boolean(bool) }
    case "NULL": return .null
    case "L":
      if let elements = value.elements {
        var list: [AttributeValue] = []
        for element in elements { list.append(try element.attribute()) }
        return .list(list)
      }
    case "M": return .map(try value.item())
    case "SS": if let members = value.texts() { return .stringSet(Set(members)) }
    case "NS": if let members = value.texts() { return .numberSet(Set(members)) }
    case "BS":
      if let members = value.texts()?.map(Base64.standard.decode), !members.contains(nil) {
        return .binarySet(Set(members.compactMap(\.self)))
      }
    default: break
    }
    throw .malformedResponse("a value of type \(member.key)")
  }

  private func texts() -> [String]? {
    guard let elements else { return nil }
    let texts = elements.map(\.string)
    return texts.contains(nil) ? nil : texts.compactMap(\.self)
  }
}
