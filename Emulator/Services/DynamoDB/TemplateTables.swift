import Crypto
import Storage
package import Template

/// A table that is there, but not as the template describes it, and cannot become so.
package struct TableConflict: Error, CustomStringConvertible {
  let table: String

  package var description: String {
    "the table \(table) has other keys than the template says; "
      + "delete it, or give the table in the template another name"
  }
}

extension DynamoDB {
  /// Makes the tables of a template that are not there yet, and adds what the template says of those
  /// that are: new global indexes (filled from the items), expiry, stream. Nothing is removed.
  package func create(tables: [Template.TableDefinition]) async throws {
    for wanted in tables {
      if catalog.table(named: wanted.name) == nil {
        try await add(wanted)
      } else {
        try await extend(wanted)
      }
    }
  }

  private func add(_ wanted: Template.TableDefinition) async throws {
    var definition = TableDefinition(
      wanted, tableID: RequestID.uuid(), created: Double(clock.milliseconds()) / 1000)
    definition.stream = wanted.stream.map { newStream($0) }
    let catalog = self.catalog
    let made = definition
    try await database.write { connection in
      try catalog.load(connection)
      if catalog.table(named: made.name) == nil { _ = try catalog.add(made, connection) }
    }
  }

  private func newStream(_ view: Template.TableDefinition.StreamView) -> TableDefinition.Stream {
    let label = Timestamp.text(ofMilliseconds: streamNames.next(after: clock.milliseconds()))
    return TableDefinition.Stream(view: view.rawValue, label: label, isEnabled: true)
  }

  private func extend(_ wanted: Template.TableDefinition) async throws {
    let stream = wanted.stream.map { newStream($0) }
    let clock = self.clock
    try await change(wanted.name) { table, connection in
      let target = TableDefinition(
        wanted, tableID: table.definition.tableID, created: table.definition.created)
      guard target.keys == table.definition.keys,
        target.keys.allSatisfy({ target.type(of: $0.name) == table.definition.type(of: $0.name) })
      else { throw TableConflict(table: wanted.name) }
      var definition = table.definition
      let known = Set(definition.indexes.map(\.name))
      for var index in target.indexes where !index.isLocal && !known.contains(index.name) {
        index.number = definition.nextIndexNumber
        definition.nextIndexNumber += 1
        definition.indexes.append(index)
      }
      for attribute in target.attributes where definition.type(of: attribute.name) == nil {
        definition.attributes.append(attribute)
      }
      if let stream, !(definition.stream?.isEnabled ?? false) { definition.stream = stream }
      try IndexChange(from: table, to: definition, clock: clock).carryOut(connection)
      if let expiry = target.timeToLive, expiry != definition.timeToLive {
        definition.timeToLive = expiry
        let changed = Table(id: table.id, definition)
        try ItemStore(table: changed, connection: connection, clock: clock).refreshExpiry()
      }
      return definition
    }
  }
}

extension TableDefinition {
  /// What a template says of a table.
  fileprivate init(_ wanted: Template.TableDefinition, tableID: String, created: Double) {
    self.init(
      name: wanted.name, tableID: tableID, created: created,
      attributes: wanted.attributes.sorted { $0.key < $1.key }.map { name, type in
        (ByteText(name), AttributeValue.TypeName(rawValue: type.rawValue) ?? .string)
      },
      keys: Self.keys(wanted.key))
    for (isLocal, all) in [(true, wanted.localIndexes), (false, wanted.globalIndexes)] {
      for index in all {
        indexes.append(Index(index, number: nextIndexNumber, isLocal: isLocal))
        nextIndexNumber += 1
      }
    }
    isOnDemand = wanted.isOnDemand
    timeToLive = wanted.timeToLive.map { TimeToLive(attribute: ByteText($0), isEnabled: true) }
  }

  fileprivate static func keys(_ key: Template.TableDefinition.Key) -> [Key] {
    [Key(name: ByteText(key.partition), isRange: false)]
      + (key.sort.map { [Key(name: ByteText($0), isRange: true)] } ?? [])
  }
}

extension TableDefinition.Index {
  fileprivate init(_ wanted: Template.TableDefinition.Index, number: Int, isLocal: Bool) {
    var extra: [ByteText] = []
    let kind: TableDefinition.ProjectionKind
    switch wanted.projection {
    case .all: kind = .all
    case .keysOnly: kind = .keysOnly
    case .include(let names):
      kind = .include
      extra = names.map { ByteText($0) }
    }
    self.init(
      name: wanted.name, number: number, isLocal: isLocal,
      keys: TableDefinition.keys(wanted.key), projection: kind, nonKeyAttributes: extra)
  }
}
