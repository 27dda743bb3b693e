import JSON
import Testing

@testable import Services

@Suite struct PartiQLTests {
  private func service() async throws -> ServiceUnderTest {
    let service = try await ServiceUnderTest()
    await service.makeTable("items", sort: "N")
    for number in 0..<6 {
      await service.put([
        "pk": ["S": .string("p\(number % 2)")], "sk": ["N": .string("\(number)")],
        "v": ["N": .string("\(number * 10)")],
      ])
    }
    return service
  }

  private func run(
    _ service: ServiceUnderTest, _ statement: String, _ parameters: [JSONValue] = []
  ) async -> JSONValue {
    var request: JSONObject = ["Statement": .string(statement)]
    if !parameters.isEmpty { request["Parameters"] = .array(parameters) }
    return await service.call("ExecuteStatement", .object(request))
  }

  private func keys(_ answer: JSONValue) -> [String] {
    (answer["Items"]?.array ?? []).compactMap { $0["sk"]?["N"]?.string }.sorted()
  }

  @Test(arguments: [
    ("SELECT * FROM items WHERE pk = 'p0'", ["0", "2", "4"]),
    ("select sk from \"items\" where pk='p1' and sk > 1", ["3", "5"]),
    ("SELECT * FROM items WHERE v >= 20 AND v <> 30", ["2", "4", "5"]),
    ("SELECT * FROM items WHERE pk IN ['p0', 'x'] AND sk BETWEEN 1 AND 3", ["2"]),
    ("SELECT * FROM items WHERE begins_with(pk, 'p') AND NOT (sk < 4)", ["4", "5"]),
    ("SELECT * FROM items WHERE nothing IS MISSING AND v = 0 OR sk = 5", ["0", "5"]),
  ])
  func `selects by key and by filter`(_ statement: String, _ expected: [String]) async throws {
    #expect(keys(await run(try await service(), statement)) == expected)
  }

  @Test func `orders by the sort key and goes on with a token`() async throws {
    let service = try await service()
    let answer = await run(service, "SELECT * FROM items WHERE pk = 'p0' ORDER BY sk DESC")
    #expect(answer["Items"]?.array?.map { $0["sk"]?["N"] } == ["4", "2", "0"])
    var found: [JSONValue] = []
    var token: JSONValue = .null
    repeat {
      let page = await service.call(
        "ExecuteStatement",
        ["Statement": "SELECT * FROM items", "Limit": 4, "NextToken": token])
      found += page["Items"]?.array ?? []
      token = page["NextToken"] ?? .null
    } while !token.isNull
    #expect(found.count == 6)
  }

  @Test func `inserts once, updates what is there, deletes`() async throws {
    let service = try await service()
    let insert =
      "INSERT INTO items VALUE {'pk': 'n', 'sk': ?, 'tags': <<'a', 'b'>>, 'l': [1, null]}"
    #expect(await run(service, insert, [["N": "1"]])["Items"] == [])
    let again = await run(service, insert, [["N": "1"]])
    #expect(again["message"] == "Duplicate primary key exists in table")
    let updated = await run(
      service,
      "UPDATE items SET v = 5 SET l[0] = 'x' REMOVE tags WHERE pk='n' AND sk=1 RETURNING ALL NEW *")
    #expect(
      updated["Items"]?[0] == [
        "pk": ["S": "n"], "sk": ["N": "1"], "l": ["L": [["S": "x"], ["NULL": true]]],
        "v": ["N": "5"],
      ])
    let missing = await run(service, "UPDATE items SET v = 5 WHERE pk='absent' AND sk=1")
    #expect(missing["message"] == "The conditional request failed")
    let refused = await run(service, "DELETE FROM items WHERE pk='n' AND sk=1 AND v = 6")
    #expect(refused["message"] == "The conditional request failed")
    let deleted = await run(
      service, "DELETE FROM items WHERE pk='n' AND sk=1 RETURNING ALL OLD *")
    #expect(deleted["Items"]?[0]?["v"] == ["N": "5"])
  }

  @Test func `a batch answers each statement, a transaction all or none`() async throws {
    let service = try await service()
    let batch = await service.call(
      "BatchExecuteStatement",
      [
        "Statements": [
          ["Statement": "INSERT INTO items VALUE {'pk': 'b', 'sk': 1}"],
          ["Statement": "INSERT INTO items VALUE {'pk': 'p0', 'sk': 0}"],
        ]
      ])
    #expect(batch["Responses"]?[0] == ["TableName": "items"])
    #expect(batch["Responses"]?[1]?["Error"]?["Code"] == "DuplicateItem")
    let transaction = await service.call(
      "ExecuteTransaction",
      [
        "TransactStatements": [
          ["Statement": "INSERT INTO items VALUE {'pk': 't', 'sk': 1}"],
          ["Statement": "UPDATE items SET v = 1 WHERE pk = 'none' AND sk = 1"],
        ]
      ])
    #expect(transaction["CancellationReasons"]?[1]?["Code"] == "ConditionalCheckFailed")
    #expect(await service.get(["pk": ["S": "t"], "sk": ["N": "1"]]) == nil)
    let reads = await service.call(
      "ExecuteTransaction",
      ["TransactStatements": [["Statement": "SELECT v FROM items WHERE pk='p0' AND sk=2"]]])
    #expect(reads["Responses"] == [["Item": ["v": ["N": "20"]]]])
  }

  /// Every cut of a statement is answered, never trapped on.
  @Test func `damaged statements are answered`() {
    let text = "SELECT a.b[1], \"c\" FROM t.i WHERE x IN (1, 'y') AND size(z) > -2 ORDER BY k DESC;"
    for cut in text.utf8.indices {
      _ = try? PartiQLParser.statement(String(text[..<cut]), [])
      _ = try? PartiQLParser.statement(String(text[cut...]), [.null])
    }
    let deep = String(repeating: "(", count: 5000)
    #expect(throws: PartiQLError.self) {
      try PartiQLParser.statement("SELECT * FROM t WHERE " + deep, [])
    }
  }
}
