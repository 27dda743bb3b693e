import Cloud
import Crypto
import Events
import JSON
import Network
import Support
import Testing

@Suite(.timeLimit(.minutes(3))) struct StoreTests {
  private let everything: Item = [
    "text": "食べる \"\\\u{0}\u{1F600}", "number": .number("-1.50E+30"), "bytes": .binary([0, 255]),
    "yes": true, "none": .null, "list": [1, "a", [true]], "map": ["k": ["deep": 1]],
    "texts": .stringSet(["a", "b"]), "numbers": .numberSet(["1", "2"]),
    "blobs": .binarySet([[1], [2, 3]]), "empty": "",
  ]

  @Test func `writes and reads every type of value`() async throws {
    let cloud = try FakeCloud { request, number in
      guard number > 0 else { return .ok() }
      return .ok(#"{"Item":\#(Self.lastItem.text ?? "{}")}"#)
    }
    let store = Store(cloud.client)
    try await store.put(everything, into: "things")
    let request = try #require(cloud.requests.first)
    #expect(request.header("x-amz-target") == "DynamoDB_20120810.PutItem")
    #expect(request.header("content-type") == "application/x-amz-json-1.0")
    let body = try #require(try cloud.bodies.first)
    #expect(body["TableName"] == "things")
    #expect(body["Item"]?["map"] == ["M": ["k": ["M": ["deep": ["N": "1"]]]]])
    #expect(body["Item"]?["bytes"] == ["B": "AP8="])
    #expect(body["Item"]?["none"] == ["NULL": true])
    #expect(body["Item"]?["empty"] == ["S": ""])
    Self.lastItem.text = body["Item"]?.description
    #expect(try await store.get(["text": "a"], from: "things") == everything)
  }

  /// Carries the written item to the fake's next answer.
  private final class Box: @unchecked Sendable {
    var text: String?
  }
  private static let lastItem = Box()

  @Test func `no name or value becomes part of an expression`() async throws {
    let cloud = try FakeCloud(.ok())
    let hostile = "a OR attribute_exists(b) #0 :0 \"}"
    let path = AttributePath(stringLiteral: hostile)
    try await Store(cloud.client).update(
      ["k": .string(hostile)], in: "t",
      [
        .set(path, .string(hostile)), .add("n", 1), .remove("size"), .setIfAbsent("first", 1),
        .append("log", ["x"]), .removeMembers("tags", .stringSet(["t"])),
        .set(AttributePath("m", "a.b"), 2),
      ],
      if: .all([
        .any([.absent("k"), .not(.equals(path, .string(hostile)))]), .between("n", 1, 2),
        .isOneOf("status", ["a", "b"]), .beginsWith("k", hostile), .contains("tags", "x"),
        .exists("name"), .less("a", 1), .atMost("a", 1), .greater("a", 1), .atLeast("a", 1),
        .differs("a", 1),
      ]), returning: .new)
    let body = try #require(try cloud.bodies.first)
    #expect(
      body["UpdateExpression"]
        == """
        SET #0=:0,#3=if_not_exists(#3,:2),#4=list_append(if_not_exists(#4,:3),:4),#6.#7=:6 \
        ADD #1 :1 REMOVE #2 DELETE #5 :5
        """)
    #expect(
      body["ConditionExpression"]
        == """
        ((attribute_not_exists(#8)) OR (NOT (#0 = :7))) AND (#1 BETWEEN :8 AND :9) AND \
        (#9 IN (:10,:11)) AND (begins_with(#8,:12)) AND (contains(#5,:13)) AND \
        (attribute_exists(#10)) AND (#11 < :14) AND (#11 <= :15) AND (#11 > :16) AND \
        (#11 >= :17) AND (#11 <> :18)
        """)
    #expect(body["ExpressionAttributeNames"]?["#0"]?.string == hostile)
    #expect(body["ExpressionAttributeValues"]?[":7"] == ["S": .string(hostile)])
    #expect(body["ExpressionAttributeNames"]?["#7"] == "a.b")
    #expect(body["ReturnValues"] == "ALL_NEW")
  }

  @Test func `says what a failed condition found`() async throws {
    let cloud = try FakeCloud(
      .refusal("ConditionalCheckFailedException", rest: #","Item":{"k":{"S":"a"}}"#))
    let store = Store(cloud.client)
    await #expect(throws: StoreError.conditionFailed(["k": "a"])) {
      try await store.put(["k": "a"], into: "t", if: .absent("k"))
    }
    #expect(cloud.requests.count == 1)
    #expect(try cloud.bodies[0]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD")
  }

  @Test func `says why a transaction was cancelled`() async throws {
    let cloud = try FakeCloud(
      .refusal(
        "TransactionCanceledException",
        rest:
          #","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"m"}]"#
      ))
    let store = Store(cloud.client)
    await #expect(
      throws: StoreError.transactionCancelled([
        CancellationReason(code: "None", message: nil),
        CancellationReason(code: "ConditionalCheckFailed", message: "m"),
      ])
    ) {
      try await store.transact(
        [
          .put(["k": "a"], into: "t", if: .absent("k")),
          .update(["k": "b"], in: "t", [.set("x", 1)]), .delete(["k": "c"], from: "t"),
          .check(["k": "d"], in: "t", .exists("k")),
        ], token: "once")
    }
    let body = try cloud.bodies[0]
    #expect(body["ClientRequestToken"] == "once")
    #expect(
      body["TransactItems"]?.array?.map { $0.object?.keys ?? [] }
        == [["Put"], ["Update"], ["Delete"], ["ConditionCheck"]])
  }

  @Test func `asks for pages and goes on where one ended`() async throws {
    let cloud = try FakeCloud { _, number in
      switch number {
      case 0:
        .ok(#"{"Items":[{"n":{"N":"1"}}],"ScannedCount":3,"LastEvaluatedKey":{"k":{"S":"x"}}}"#)
      case 1: .ok(#"{"Items":[],"ScannedCount":2,"LastEvaluatedKey":{"k":{"S":"y"}}}"#)
      default: .ok(#"{"Items":[{"n":{"N":"2"}}],"ScannedCount":1}"#)
      }
    }
    var query = Query("t", index: "byOwner", where: "owner", is: "ana")
    query.sort = ("at", .between("a", "b"))
    query.filter = .exists("live")
    query.isAscending = false
    query.attributes = ["n"]
    let page = try await Store(cloud.client).collect(query, count: 5)
    #expect(page.items == [["n": 1], ["n": 2]] && page.next == nil && page.scanned == 6)
    let bodies = try cloud.bodies
    #expect(bodies[0]["KeyConditionExpression"] == "(#0 = :0) AND (#1 BETWEEN :1 AND :2)")
    #expect(bodies[0]["FilterExpression"] == "attribute_exists(#2)")
    #expect(bodies[0]["ProjectionExpression"] == "#3")
    #expect(bodies[0]["ScanIndexForward"] == false && bodies[0]["Limit"] == 5)
    #expect(bodies[0]["ExclusiveStartKey"] == nil)
    #expect(bodies[1]["ExclusiveStartKey"] == ["k": ["S": "x"]] && bodies[1]["Limit"] == 4)
    #expect(bodies[2]["ExclusiveStartKey"] == ["k": ["S": "y"]])
  }

  @Test func `writes in batches until nothing is left undone`() async throws {
    let cloud = try FakeCloud { request, number in
      guard number == 1 else { return .ok(#"{"UnprocessedItems":{}}"#) }
      return .ok(
        #"{"UnprocessedItems":{"t":[{"PutRequest":{"Item":{"k":{"N":"30"}}}},{"DeleteRequest":{"Key":{"k":{"N":"31"}}}}]}}"#
      )
    }
    let writes = (0..<40).map {
      $0 == 31 ? BatchWrite.delete(key: ["k": 31]) : .put(["k": AttributeValue($0)])
    }
    try await Store(cloud.client).write(writes, in: "t")
    let counts = try cloud.bodies.map { $0["RequestItems"]?["t"]?.array?.count }
    #expect(counts == [25, 15, 2])
    #expect(
      try cloud.bodies[2]["RequestItems"]?["t"]
        == [
          ["PutRequest": ["Item": ["k": ["N": "30"]]]],
          ["DeleteRequest": ["Key": ["k": ["N": "31"]]]],
        ])
  }

  @Test func `reads in batches until nothing is left undone`() async throws {
    let cloud = try FakeCloud { request, number in
      switch number {
      case 0:
        .ok(
          #"{"Responses":{"t":[{"k":{"N":"0"}}]},"UnprocessedKeys":{"t":{"Keys":[{"k":{"N":"1"}}]}}}"#
        )
      default: .ok(#"{"Responses":{"t":[{"k":{"N":"1"}}]},"UnprocessedKeys":{}}"#)
      }
    }
    let found = try await Store(cloud.client).get(
      (0..<101).map { ["k": AttributeValue($0)] }, from: "t")
    #expect(found == [["k": 0], ["k": 1], ["k": 1]])
    #expect(
      try cloud.bodies.map { $0["RequestItems"]?["t"]?["Keys"]?.array?.count } == [100, 1, 1])
  }
}

@Suite(.timeLimit(.minutes(3))) struct CloudClientTests {
  private let key: Item = ["k": "a"]

  @Test func `tries again while the service is busy`() async throws {
    let cloud = try FakeCloud { _, number in
      switch number {
      case 0: .refusal("ProvisionedThroughputExceededException")
      case 1: FakeAnswer(status: 500, body: #"{"__type":"x#InternalServerError"}"#)
      case 2: FakeAnswer(status: 503)
      // A checksum that is not the body's.
      case 3: FakeAnswer(headers: ["x-amz-crc32": "1"], body: "{}")
      default: FakeAnswer(headers: ["x-amz-crc32": "2745614147"], body: "{}")
      }
    }
    #expect(CRC32.checksum(Array("{}".utf8)) == 2_745_614_147)
    #expect(try await Store(cloud.client).get(key, from: "t") == nil)
    #expect(cloud.requests.count == 5)
  }

  @Test func `never repeats what cannot succeed`() async throws {
    let cloud = try FakeCloud(.refusal("ValidationException", "broken"))
    let store = Store(cloud.client)
    await #expect(
      throws: StoreError.failed(
        .service(code: "ValidationException", message: "broken", status: 400))
    ) { try await store.get(["k": "a"], from: "t") }
    #expect(cloud.requests.count == 1)
  }

  @Test func `gives up before its deadline`() async throws {
    let cloud = try FakeCloud(.refusal("ThrottlingException"))
    var client = cloud.client.until(.now + .milliseconds(300))
    client.retry.base = .milliseconds(200)
    client.retry.attempts = 100
    let store = Store(client)
    let start = ContinuousClock.now
    await #expect(throws: StoreError.self) { try await store.get(["k": "a"], from: "t") }
    #expect(.now - start < .seconds(15))
    #expect(cloud.requests.count < 20)
  }

  @Test func `needs credentials`() async throws {
    let client = CloudClient(
      CloudSettings(environment: ["AWS_ENDPOINT_URL": "http://127.0.0.1:1"]), http: .init())
    await #expect(throws: StoreError.failed(.noCredentials)) {
      try await Store(client).get(["k": "a"], from: "t")
    }
  }

  @Test func `nobody listening is a network error, in time`() async throws {
    let client = CloudClient(
      CloudSettings(environment: [
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
      ]), http: .init())
    let store = Store(client).until(.now + .milliseconds(500))
    let error = await #expect(throws: StoreError.self) {
      try await store.get(["k": "a"], from: "t")
    }
    guard case .failed(.network(.refused(_)))? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `an answer that is no JSON is not an item`() async throws {
    for body in [
      "", "{", "[]x", #"{"Item":3}"#, #"{"Item":{"a":{"S":1}}}"#, #"{"Item":{"a":{}}}"#,
      #"{"Item":{"a":{"S":"x","N":"1"}}}"#, #"{"Item":{"a":{"B":"*"}}}"#,
      #"{"Item":{"a":{"SS":[1]}}}"#,
      #"{"Item":{"a":{"XX":"1"}}}"#,
    ] {
      let cloud = try FakeCloud(.ok(body))
      let store = Store(cloud.client)
      let error = await #expect(throws: StoreError.self, "\(body)") {
        try await store.get(["k": "a"], from: "t")
      }
      guard case .failed(.malformedResponse(_))? = error else {
        Issue.record("\(body): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func `finds endpoints as the SDKs do`() {
    let real = CloudSettings(environment: ["AWS_REGION": "eu-west-1"])
    #expect(real.endpoint(of: .dynamoDB) == "https://dynamodb.eu-west-1.amazonaws.com")
    #expect(real.configuredEndpoint(of: .s3) == nil && real.credentials == nil)
    let china = CloudSettings(environment: ["AWS_REGION": "cn-north-1"])
    #expect(china.endpoint(of: .lambda) == "https://lambda.cn-north-1.amazonaws.com.cn")
    var environment = [
      "AWS_ENDPOINT_URL": "http://all:1/", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://secrets:2",
      "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "x",
    ]
    let local = CloudSettings(environment: environment)
    #expect(local.region == "us-east-1" && local.credentials == nil)
    #expect(local.endpoint(of: .dynamoDB) == "http://all:1")
    #expect(local.endpoint(of: .secretsManager) == "http://secrets:2")
    environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE"
    #expect(CloudSettings(environment: environment).configuredEndpoint(of: .s3) == nil)
  }
}
