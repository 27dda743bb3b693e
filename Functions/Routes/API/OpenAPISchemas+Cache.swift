extension OpenAPISchemas {
  /// The cache's.
  static let cache = """
    {
      "CacheHits": {
        "type": "object", "required": ["lookups", "memoryHits", "tableHits", "hitRate"],
        "properties": {
          "lookups": {"type": "integer"},
          "memoryHits": {"type": "integer", "description": "Found in the memory of a function."},
          "tableHits": {"type": "integer", "description": "Found in the cache's table."},
          "hitRate": {"type": ["number", "null"], "minimum": 0, "maximum": 1}
        }
      },
      "CacheRates": {
        "type": "object",
        "properties": {
          "answers": {"$ref": "#/components/schemas/CacheHits"},
          "services": {"$ref": "#/components/schemas/CacheHits"},
          "conversations": {"$ref": "#/components/schemas/CacheHits"},
          "messages": {"$ref": "#/components/schemas/CacheHits"},
          "assistant": {"type": "string"}, "day": {"type": "string"}
        }
      },
      "CacheReport": {
        "type": "object", "required": ["lifetimes", "warmedQuestions", "total", "assistants", "days"],
        "properties": {
          "lifetimes": {"type": "object", "description": "Seconds.", "additionalProperties": {"type": "integer"}},
          "warmedQuestions": {"type": "integer"},
          "total": {"$ref": "#/components/schemas/CacheRates"},
          "assistants": {"type": "array", "items": {"$ref": "#/components/schemas/CacheRates"}},
          "days": {"type": "array", "items": {"$ref": "#/components/schemas/CacheRates"}}
        }
      }
    }
    """
}
