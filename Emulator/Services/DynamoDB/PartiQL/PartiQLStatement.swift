/// A statement of DynamoDB's part of PartiQL, parameters put in place.
enum PartiQLStatement: Sendable {
  case select(Select)
  case insert(table: String, item: Attributes)
  case update(Update)
  case delete(Delete)
  /// `EXISTS (SELECT …)`, a check inside a transaction.
  case exists(Select)

  struct Select: Sendable {
    var table: String
    var index: String?
    /// Absent for `*`.
    var columns: PartiQLColumns?
    var condition: ConditionExpression?
    /// The attribute and direction of `ORDER BY`.
    var order: (name: ByteText, isForward: Bool)?
  }

  struct Update: Sendable {
    var table: String
    var update: UpdateExpression
    var condition: ConditionExpression?
    var returning: String?
  }

  struct Delete: Sendable {
    var table: String
    var condition: ConditionExpression?
    var returning: String?
  }

  var table: String {
    switch self {
    case .select(let select), .exists(let select): select.table
    case .insert(let table, _): table
    case .update(let update): update.table
    case .delete(let delete): delete.table
    }
  }

  var isRead: Bool {
    if case .select = self { true } else { false }
  }
}

extension ConditionExpression {
  /// The conditions that must all hold.
  var conjuncts: [ConditionExpression] {
    if case .and(let left, let right) = self { left.conjuncts + right.conjuncts } else { [self] }
  }

  static func all(_ conditions: [ConditionExpression]) -> ConditionExpression? {
    guard let first = conditions.first else { return nil }
    return conditions.dropFirst().reduce(first) { .and($0, $1) }
  }

  /// The value that an attribute must equal, when the condition is that.
  func equality(of name: ByteText) -> AttributeValue? {
    guard case .comparison(let left, .equal, let right) = self else { return nil }
    switch (left, right) {
    case (.path(let path), .value(let value)), (.value(let value), .path(let path)):
      return path == DocumentPath(root: name) ? value : nil
    default: return nil
    }
  }
}

/// The key that a `WHERE` names, and what it demands beside it.
struct PartiQLKey: Sendable {
  let key: Attributes
  let rest: ConditionExpression?

  /// Nil unless every key attribute has an equality of its own.
  init?(_ condition: ConditionExpression?, _ schema: KeySchema) {
    var key = Attributes()
    var rest: [ConditionExpression] = []
    for part in condition?.conjuncts ?? [] {
      let found = schema.attributes.first {
        key[$0.name] == nil && part.equality(of: $0.name) != nil
      }
      if let found, let value = part.equality(of: found.name) {
        key[found.name] = value
      } else {
        rest.append(part)
      }
    }
    guard key.count == schema.attributes.count else { return nil }
    self.key = key
    self.rest = ConditionExpression.all(rest)
  }
}

/// What a SELECT shows of each item: every path under the name of its last part with the list indexes
/// behind it, so that `a.b[0]` is a column `b[0]`.
struct PartiQLColumns: Sendable {
  private let columns: [(name: ByteText, path: DocumentPath)]

  init(_ paths: [DocumentPath]) throws(PartiQLError) {
    columns = paths.map { (ByteText(Self.name(of: $0)), $0) }
    var seen: Set<ByteText> = []
    for (name, _) in columns where !seen.insert(name).inserted {
      throw PartiQLError(message: "Duplicate identifiers in select clause: \(name)")
    }
  }

  private static func name(of path: DocumentPath) -> String {
    var name = path.root.string
    for element in path.rest {
      switch element {
      case .name(let part): name = part.string
      case .index(let index): name += "[\(index)]"
      }
    }
    return name
  }

  /// The attributes at the top of an item that are looked at.
  var roots: [ByteText] { columns.map(\.path.root) }

  func applied(to item: Attributes) -> Attributes {
    var shown = Attributes()
    for (name, path) in columns {
      if let value = path.value(in: item) { shown.append(name, value) }
    }
    return shown
  }
}
