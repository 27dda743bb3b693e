/// A value of an attribute, in one of the ten types of DynamoDB.
indirect enum AttributeValue: Sendable {
  case string(ByteText)
  case number(DecimalNumber)
  case binary([UInt8])
  case bool(Bool)
  case null
  case stringSet([ByteText])
  case numberSet([DecimalNumber])
  case binarySet([[UInt8]])
  case list([AttributeValue])
  case map(Attributes)

  /// The type's name on the wire.
  enum TypeName: String, Sendable, CaseIterable {
    case string = "S"
    case number = "N"
    case binary = "B"
    case bool = "BOOL"
    case null = "NULL"
    case stringSet = "SS"
    case numberSet = "NS"
    case binarySet = "BS"
    case list = "L"
    case map = "M"

    /// The name that some messages about update expressions use instead.
    var word: String {
      switch self {
      case .string: "STRING"
      case .number: "NUMBER"
      case .binary: "BINARY"
      case .bool: "BOOLEAN"
      case .null: "NULL"
      case .stringSet: "SS"
      case .numberSet: "NS"
      case .binarySet: "BS"
      case .list: "LIST"
      case .map: "MAP"
      }
    }
  }

  var type: TypeName {
    switch self {
    case .string: .string
    case .number: .number
    case .binary: .binary
    case .bool: .bool
    case .null: .null
    case .stringSet: .stringSet
    case .numberSet: .numberSet
    case .binarySet: .binarySet
    case .list: .list
    case .map: .map
    }
  }

  /// The bytes the value takes in an item, without its name (developer guide, "Item sizes and
  /// formats"): 3 bytes for a list or map and 1 for each of its members.
  var size: Int {
    switch self {
    case .string(let text): text.count
    case .number(let number): number.size
    case .binary(let bytes): bytes.count
    case .bool, .null: 1
    case .stringSet(let texts): texts.reduce(0) { $0 + $1.count }
    case .numberSet(let numbers): numbers.reduce(0) { $0 + $1.size }
    case .binarySet(let members): members.reduce(0) { $0 + $1.count }
    case .list(let values): values.reduce(3) { $0 + $1.size + 1 }
    case .map(let attributes): attributes.reduce(3) { $0 + $1.name.count + $1.value.size + 1 }
    }
  }

  var isSet: Bool {
    switch self {
    case .stringSet, .numberSet, .binarySet: true
    default: false
    }
  }
}

extension AttributeValue: Equatable {
  /// Equality of the service: sets without regard to order, maps without regard to order of names.
  static func == (left: AttributeValue, right: AttributeValue) -> Bool {
    switch (left, right) {
    case (.string(let a), .string(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.binary(let a), .binary(let b)): a == b
    case (.bool(let a), .bool(let b)): a == b
    case (.null, .null): true
    case (.stringSet(let a), .stringSet(let b)): a.count == b.count && Set(a) == Set(b)
    case (.numberSet(let a), .numberSet(let b)): a.count == b.count && Set(a) == Set(b)
    case (.binarySet(let a), .binarySet(let b)): a.count == b.count && Set(a) == Set(b)
    case (.list(let a), .list(let b)): a == b
    case (.map(let a), .map(let b)): a == b
    default: false
    }
  }

  /// The order of two values of one scalar type; nil when there is none.
  func precedes(_ other: AttributeValue) -> Bool? {
    switch (self, other) {
    case (.string(let a), .string(let b)): a < b
    case (.number(let a), .number(let b)): a < b
    case (.binary(let a), .binary(let b)): a.lexicographicallyPrecedes(b)
    default: nil
    }
  }
}

/// An item, or the inside of a map: values by name, in the order in which they came.
struct Attributes: Sendable {
  typealias Member = (name: ByteText, value: AttributeValue)

  private(set) var names: [ByteText] = []
  private(set) var values: [AttributeValue] = []

  init() {}

  init(_ members: some Sequence<(ByteText, AttributeValue)>) {
    for (name, value) in members { self[name] = value }
  }

  /// Looks at the names one by one: an item has few, and a large one is looked into seldom.
  subscript(name: ByteText) -> AttributeValue? {
    get { names.firstIndex(of: name).map { values[$0] } }
    set {
      guard let index = names.firstIndex(of: name) else {
        if let newValue { append(name, newValue) }
        return
      }
      if let newValue {
        values[index] = newValue
      } else {
        names.remove(at: index)
        values.remove(at: index)
      }
    }
  }

  /// Adds a member whose name is known to be new.
  mutating func append(_ name: ByteText, _ value: AttributeValue) {
    names.append(name)
    values.append(value)
  }

  mutating func reserveCapacity(_ count: Int) {
    names.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  /// The item's size as the service counts it: names and values, in bytes.
  var size: Int { reduce(0) { $0 + $1.name.count + $1.value.size } }

  /// Only the members with one of these names, in this order of names.
  func keeping(_ names: [ByteText]) -> Attributes {
    Attributes(names.compactMap { name in self[name].map { (name, $0) } })
  }
}

extension Attributes: RandomAccessCollection {
  var startIndex: Int { 0 }
  var endIndex: Int { names.count }
  subscript(position: Int) -> Member { (names[position], values[position]) }
}

extension Attributes: Equatable, ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral members: (ByteText, AttributeValue)...) {
    self.init(members)
  }

  static func == (left: Attributes, right: Attributes) -> Bool {
    guard left.count == right.count else { return false }
    if left.names == right.names { return left.values == right.values }
    let lookup = Dictionary(zip(right.names, right.values)) { first, _ in first }
    return left.allSatisfy { lookup[$0.name] == $0.value }
  }
}

extension AttributeValue {
  /// As messages of the service show a value: `S:text`, `N:1`.
  var inMessage: String {
    switch self {
    case .string(let text): "S:\(text)"
    case .number(let number): "N:\(number)"
    case .binary(let bytes):
      "B:java.nio.HeapByteBuffer[pos=0 lim=\(bytes.count) cap=\(bytes.count)]"
    case .bool(let flag): "BOOL:\(flag)"
    case .null: "NULL:true"
    case .stringSet(let texts): "SS:[\(texts.map(\.string).joined(separator: ","))]"
    case .numberSet(let numbers): "NS:[\(numbers.map(\.description).joined(separator: ","))]"
    case .binarySet: "BS:[]"
    case .list: "L:[]"
    case .map: "M:{}"
    }
  }
}
