import JSON
import Testing

@testable import Agent

@Suite struct ArgumentSchemaTests {
  private let schema: JSONValue = [
    "type": "object", "additionalProperties": false, "required": ["word"],
    "properties": [
      "word": ["type": "string", "minLength": 1, "maxLength": 3],
      "limit": ["type": "integer", "minimum": 1, "maximum": 20],
      "level": ["type": "string", "enum": ["N5", "N4"]],
      "ratio": ["type": "number", "minimum": 0],
      "strict": ["type": "boolean"],
      "tags": ["type": "array", "maxItems": 2, "items": ["type": "string"]],
    ],
  ]

  @Test(arguments: [
    #"{"word":"語"}"#,
    #"{"word":"abc","limit":20,"level":"N5","ratio":0.5,"strict":true,"tags":[]}"#,
    #"{"word":"a","limit":2.0,"tags":["x","y"]}"#,
  ])
  func `takes what fits`(text: String) throws {
    try ArgumentSchema(schema).check(JSONValue(parsing: text))
  }

  @Test(
    arguments: [
      (#"[]"#, nil, "the arguments must be an object"),
      (#"null"#, nil, "the arguments must be an object"),
      (#"{}"#, "word", "word is required"),
      (#"{"word":7}"#, "word", "word must be a string"),
      (#"{"word":null}"#, "word", "word must be a string"),
      (#"{"word":""}"#, "word", "word must be 1 to 3 characters long"),
      (#"{"word":"abcd"}"#, "word", "word must be 1 to 3 characters long"),
      (#"{"word":"a","limit":0}"#, "limit", "limit must be at least 1"),
      (#"{"word":"a","limit":21}"#, "limit", "limit must be at most 20"),
      (#"{"word":"a","limit":1.5}"#, "limit", "limit must be a whole number"),
      (#"{"word":"a","limit":"5"}"#, "limit", "limit must be a whole number"),
      (#"{"word":"a","limit":1e400}"#, "limit", "limit must be a whole number"),
      (#"{"word":"a","level":"N9"}"#, "level", #"level must be one of "N5", "N4""#),
      (#"{"word":"a","ratio":-0.1}"#, "ratio", "ratio must be at least 0"),
      (#"{"word":"a","strict":"yes"}"#, "strict", "strict must be true or false"),
      (#"{"word":"a","tags":["x","y","z"]}"#, "tags", "tags must have 0 to 2 elements"),
      (#"{"word":"a","tags":["x",2]}"#, "tags[1]", "tags[1] must be a string"),
      (#"{"word":"a","user_id":"bob"}"#, "user_id", "user_id is not an argument of this tool"),
    ] as [(String, String?, String)])
  func `says where and why it refuses`(text: String, path: String?, message: String) throws {
    let schema = try ArgumentSchema(schema)
    let value = try JSONValue(parsing: text)
    #expect(throws: ToolError(.invalidArguments, message, path: path)) { try schema.check(value) }
  }

  @Test(arguments: [
    #"true"#, #"{"type":"null"}"#, #"{"type":["string","null"]}"#, #"{"type":"array"}"#,
    #"{"type":"string","pattern":"^a"}"#, #"{"type":"object","additionalProperties":true}"#,
    #"{"type":"object","required":["x"]}"#, #"{"type":"string","oneOf":[]}"#,
    #"{"type":"object","properties":{"a":{"type":"string","format":"date"}}}"#,
  ])
  func `refuses rules that it would not keep`(text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(throws: ArgumentSchema.Unsupported.self) { try ArgumentSchema(value) }
  }
}
