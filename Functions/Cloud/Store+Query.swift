package import Events
import JSON

/// What of the sort key is wanted.
package enum SortCondition: Sendable, Equatable {
  case equals(AttributeValue)
  case less(AttributeValue)
  case atMost(AttributeValue)
  case greater(AttributeValue)
  case atLeast(AttributeValue)
  case between(AttributeValue, AttributeValue)
  case beginsWith(String)

  func condition(on name: AttributePath) -> Condition {
    switch self {
    case .equals(let value): .equals(name, value)
    case .less(let value): .less(name, value)
    case .atMost(let value): .atMost(name, value)
    case .greater(let value): .greater(name, value)
    case .atLeast(let value): .atLeast(name, value)
    case .between(let low, let high): .between(name, low, high)
    case .beginsWith(let text): .beginsWith(name, text)
    }
  }
}

/// A question for items with one partition key.
package struct Query: Sendable {
  package var table: String
  package var index: String?
  package var partition: (name: AttributePath, value: AttributeValue)
  package var sort: (name: AttributePath, condition: SortCondition)?
  /// Looked at after reading: what it leaves out counts toward the limit.
  package var filter: Condition?
  /// Items read at the most; nil: as many as 1 MB holds.
  package var limit: Int?
  package var isAscending = true
  /// Where the page before ended.
  package var start: Item?
  package var isConsistent = false
  /// None: all.
  package var attributes: [AttributePath] = []

  package init(
    _ table: String, index: String? = nil, where name: AttributePath, is value: AttributeValue
  ) {
    self.table = table
    self.index = index
    partition = (name, value)
  }
}

/// A look through a whole table or index.
package struct Scan: Sendable {
  package var table: String
  package var index: String?
  package var filter: Condition?
  package var limit: Int?
  package var start: Item?
  package var isConsistent = false
  package var attributes: [AttributePath] = []
  /// A part of the table: `segment` of `segments`.
  package var part: (segment: Int, segments: Int)?

  package init(_ table: String, index: String? = nil) {
    self.table = table
    self.index = index
  }
}

/// A part of an answer. It may be empty and still go on.
package struct Page: Sendable {
  package let items: [Item]
  /// The start of the next page; nil at the end.
  package let next: Item?
  /// Items read before the filter.
  package let scanned: Int

  package init(items: [Item], next: Item? = nil, scanned: Int? = nil) {
    self.items = items
    self.next = next
    self.scanned = scanned ?? items.count
  }
}

extension Store {
  /// One page of items in the order of their sort keys.
  package func query(_ query: Query) async throws(StoreError) -> Page {
    var body = RequestBody()
    var expression = ExpressionWriter()
    body.member("TableName", query.table)
    if let index = query.index { body.member("IndexName", index) }
    var key = Condition.equals(query.partition.name, query.partition.value)
    if let sort = query.sort { key = .all([key, sort.condition.condition(on: sort.name)]) }
    body.member("KeyConditionExpression", expression.condition(key))
    if !query.isAscending { body.member("ScanIndexForward", false) }
    if query.isConsistent { body.member("ConsistentRead", true) }
    body.page(query.filter, query.limit, query.start, query.attributes, &expression)
    return try await page("Query", body)
  }

  /// One page of a table, in no order.
  package func scan(_ scan: Scan) async throws(StoreError) -> Page {
    var body = RequestBody()
    var expression = ExpressionWriter()
    body.member("TableName", scan.table)
    if let index = scan.index { body.member("IndexName", index) }
    if let part = scan.part {
      body.member("Segment", part.segment)
      body.member("TotalSegments", part.segments)
    }
    if scan.isConsistent { body.member("ConsistentRead", true) }
    body.page(scan.filter, scan.limit, scan.start, scan.attributes, &expression)
    return try await page("Scan", body)
  }

  /// Pages until there are `count` items or no more: at the most `count`, and where to go on.
  ///
  /// Goes on over pages that the filter has emptied, but reads `mostPages` at the most.
  package func collect(
    _ query: Query, count: Int, mostPages: Int = 10
  ) async throws(StoreError) -> Page {
    var query = query
    var items: [Item] = []
    var scanned = 0
    for _ in 0..<mostPages {
      query.limit = count - items.count
      let page = try await self.query(query)
      items += page.items
      scanned += page.scanned
      query.start = page.next
      guard page.next != nil, items.count < count else { break }
    }
    return Page(items: items, next: query.start, scanned: scanned)
  }

  /// How many items a query finds, however many pages it takes.
  package func count(_ query: Query) async throws(StoreError) -> Int {
    var start = query.start
    var count = 0
    repeat {
      var body = RequestBody()
      var expression = ExpressionWriter()
      body.member("TableName", query.table)
      if let index = query.index { body.member("IndexName", index) }
      var key = Condition.equals(query.partition.name, query.partition.value)
      if let sort = query.sort { key = .all([key, sort.condition.condition(on: sort.name)]) }
      body.member("KeyConditionExpression", expression.condition(key))
      body.member("Select", "COUNT")
      body.page(query.filter, nil, start, [], &expression)
      let answer = try await call("Query", body)
      count += answer["Count"]?.int ?? 0
      start = try item("LastEvaluatedKey", of: answer)
    } while start != nil
    return count
  }

  private func page(_ operation: String, _ body: RequestBody) async throws(StoreError) -> Page {
    let answer = try await call(operation, body)
    return Page(
      items: try items("Items", of: answer), next: try item("LastEvaluatedKey", of: answer),
      scanned: answer["ScannedCount"]?.int ?? 0)
  }
}

extension RequestBody {
  fileprivate mutating func page(
    _ filter: Condition?, _ limit: Int?, _ start: Item?, _ attributes: [AttributePath],
    _ expression: inout ExpressionWriter
  ) {
    if let filter { member("FilterExpression", expression.condition(filter)) }
    if let limit { member("Limit", limit) }
    if let start { member("ExclusiveStartKey", start) }
    project(attributes, &expression)
    expression.write(to: &self)
  }
}
