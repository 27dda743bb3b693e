/// The components of the OpenAPI document, as JSON Schema (2020-12).
enum OpenAPISchemas {
  static let text = """
    {
      "Anything": {},
      "Markup": {"type": "string"},
      "Markdown": {"type": "string"},
      "Events": {"type": "string", "description": "Each event has an id, a name and a JSON object as data."},
      "Time": {"type": "string", "format": "date-time", "examples": ["2026-11-21T09:53:26.120Z"]},
      "Metadata": {"type": "object", "additionalProperties": true, "maxProperties": 50},
      "MetadataValue": {"description": "Any JSON value of up to 4,096 bytes."},
      "Usage": {
        "type": "object",
        "properties": {
          "inputTokens": {"type": "integer"}, "outputTokens": {"type": "integer"},
          "cachedInputTokens": {"type": "integer"},
          "audioInputTokens": {"type": "integer"}, "audioOutputTokens": {"type": "integer"}
        }
      },
      "Source": {
        "type": "object",
        "properties": {
          "source": {"type": "string"}, "title": {"type": "string"}, "type": {"type": "string"}
        }
      },
      "Conversation": {
        "type": "object",
        "required": ["id", "userId", "assistant", "title", "status", "metadata", "createdAt", "updatedAt"],
        "properties": {
          "id": {"type": "string"}, "userId": {"type": "string"}, "assistant": {"type": "string"},
          "title": {"type": "string", "minLength": 1, "maxLength": 255},
          "status": {"type": "string", "enum": ["active", "archived", "closed"]},
          "metadata": {"$ref": "#/components/schemas/Metadata"},
          "turns": {"type": "integer"}, "usage": {"$ref": "#/components/schemas/Usage"},
          "session": {"type": ["object", "null"], "properties": {
            "number": {"type": "integer"}, "status": {"type": "string"}
          }},
          "escalatedAt": {"type": ["string", "null"], "description": "Since when a person is waited for."},
          "createdAt": {"$ref": "#/components/schemas/Time"},
          "updatedAt": {"$ref": "#/components/schemas/Time"}
        }
      },
      "ConversationList": {
        "type": "object",
        "required": ["conversations", "nextCursor"],
        "properties": {
          "conversations": {"type": "array", "items": {"$ref": "#/components/schemas/Conversation"}},
          "nextCursor": {"type": ["string", "null"]}
        }
      },
      "ConversationDetail": {
        "allOf": [
          {"$ref": "#/components/schemas/MessageList"},
          {"type": "object", "properties": {"conversation": {"$ref": "#/components/schemas/Conversation"}}}
        ]
      },
      "Session": {
        "type": "object",
        "required": ["number", "status", "turns", "usage", "startedAt", "lastAt", "seconds"],
        "properties": {
          "number": {"type": "integer"},
          "status": {"type": "string", "enum": ["open", "escalated", "closed"]},
          "turns": {"type": "integer"}, "usage": {"$ref": "#/components/schemas/Usage"},
          "startedAt": {"$ref": "#/components/schemas/Time"},
          "lastAt": {"$ref": "#/components/schemas/Time"}, "seconds": {"type": "integer"},
          "inWorkingHours": {"type": ["boolean", "null"]},
          "intents": {"type": "object", "additionalProperties": {"type": "integer"}}
        }
      },
      "SessionList": {
        "type": "object", "required": ["sessions", "nextCursor"],
        "properties": {
          "sessions": {"type": "array", "items": {"$ref": "#/components/schemas/Session"}},
          "nextCursor": {"type": ["string", "null"]}
        }
      },
      "SessionDetail": {
        "allOf": [
          {"$ref": "#/components/schemas/Session"},
          {"type": "object", "properties": {"summary": {
            "type": "object",
            "properties": {
              "topics": {"type": "array", "items": {"type": "string"}},
              "firstQuestion": {"type": "string"}, "lastQuestion": {"type": "string"},
              "lastAnswer": {"type": "string"},
              "sources": {"type": "array", "items": {"type": "string"}},
              "tools": {"type": "object", "additionalProperties": {"type": "integer"}},
              "feedback": {"type": "object"}, "unfinished": {"type": "integer"}
            }
          }}}
        ]
      },
      "SessionChange": {
        "type": "object", "additionalProperties": false, "required": ["status"],
        "properties": {"status": {"type": "string", "enum": ["open", "escalated", "closed"]}}
      },
      "NewConversation": {
        "type": "object", "additionalProperties": false,
        "properties": {
          "title": {"type": "string", "minLength": 1, "maxLength": 255},
          "assistant": {"type": "string"},
          "status": {"type": "string", "enum": ["active", "archived", "closed"]},
          "metadata": {"$ref": "#/components/schemas/Metadata"}
        }
      },
      "ConversationChange": {
        "type": "object", "additionalProperties": false, "minProperties": 1,
        "properties": {
          "title": {"type": "string", "minLength": 1, "maxLength": 255},
          "status": {"type": "string", "enum": ["active", "archived", "closed"]},
          "metadata": {"$ref": "#/components/schemas/Metadata"},
          "head": {"type": "string", "description": "The id of the answer at which the conversation goes on."}
        }
      },
      "Message": {
        "type": "object",
        "required": ["id", "conversationId", "role", "content", "metadata", "createdAt"],
        "properties": {
          "id": {"type": "string"}, "conversationId": {"type": "string"},
          "role": {"type": "string", "enum": ["user", "assistant", "system"]},
          "content": {"type": "string"}, "metadata": {"$ref": "#/components/schemas/Metadata"},
          "createdAt": {"$ref": "#/components/schemas/Time"},
          "status": {"type": "string", "enum": ["complete", "length", "filtered", "stopped", "interrupted"]},
          "sources": {"type": "array", "items": {"$ref": "#/components/schemas/Source"}},
          "usage": {"$ref": "#/components/schemas/Usage"},
          "cached": {"type": "boolean", "description": "The answer was made for somebody else before."},
          "feedback": {"anyOf": [{"$ref": "#/components/schemas/Feedback"}, {"type": "null"}]},
          "agent": {"type": ["string", "null"]},
          "intent": {"type": ["object", "null"], "properties": {
            "name": {"type": "string"}, "confidence": {"type": "number"},
            "source": {"type": "string", "enum": ["lexical", "model", "conversation", "named", "none"]}
          }},
          "confirmation": {"anyOf": [{"$ref": "#/components/schemas/Confirmation"}, {"type": "null"}]}
        }
      },
      "MessageList": {
        "type": "object",
        "required": ["messages", "nextCursor"],
        "properties": {
          "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
          "nextCursor": {"type": ["string", "null"]}
        }
      },
      "NewMessage": {
        "type": "object", "additionalProperties": false,
        "properties": {
          "message": {"type": "string", "minLength": 1, "maxLength": 4000, "examples": ["What does 食べる mean?"]},
          "conversationId": {"type": "string", "description": "Absent: a new conversation."},
          "assistant": {"type": "string"},
          "agent": {"type": "string", "description": "A specialist (`japanese.kanji`, or `kanji` within the assistant), or the assistant as a whole; nothing is guessed then."},
          "replaces": {"type": "string", "description": "The id of an answer: this question takes the place of its question. Without a message the same question is asked again."},
          "stream": {"type": "boolean", "description": "true: the answer has the form of server-sent events."},
          "fresh": {"type": "boolean", "description": "true: the answer is made anew, whatever is in the cache."}
        }
      },
      "Reply": {
        "type": "object",
        "required": ["messageId", "content", "conversationId", "createdAt", "sources", "usage"],
        "properties": {
          "messageId": {"type": "string"}, "content": {"type": "string"},
          "conversationId": {"type": "string"},
          "createdAt": {"$ref": "#/components/schemas/Time"},
          "finishReason": {"type": "string"},
          "sources": {"type": "array", "items": {"$ref": "#/components/schemas/Source"}},
          "usage": {"$ref": "#/components/schemas/Usage"},
          "cached": {"type": "boolean", "description": "The answer was made for somebody else before."},
          "agent": {"type": "string", "description": "The specialist who answered.", "examples": ["japanese.kanji"]},
          "session": {"type": "string", "enum": ["open", "escalated", "closed"], "description": "Where the turn has changed how the session stands."},
          "confirmation": {"$ref": "#/components/schemas/Confirmation"}
        }
      },
      "Confirmation": {
        "type": "object", "required": ["id", "expiresAt", "calls"],
        "description": "What is done after a yes: POST /api/v1/confirmations/{id}.",
        "properties": {
          "id": {"type": "string"}, "expiresAt": {"$ref": "#/components/schemas/Time"},
          "calls": {"type": "array", "items": {
            "type": "object", "required": ["name", "summary", "arguments"],
            "properties": {
              "name": {"type": "string"}, "summary": {"type": "string"},
              "arguments": {"type": "string", "description": "Compact JSON, shortened."}
            }
          }}
        }
      },
      "NewDecision": {
        "type": "object", "additionalProperties": false, "required": ["approve"],
        "properties": {"approve": {"type": "boolean"}}
      },
      "Stopped": {
        "type": "object", "required": ["messageId"],
        "properties": {"messageId": {"type": "string"}}
      },
      "NewFeedback": {
        "type": "object", "additionalProperties": false, "required": ["thumb"],
        "properties": {
          "thumb": {"type": "string", "enum": ["up", "down"]},
          "text": {"type": "string", "minLength": 1, "maxLength": 2000}
        }
      },
      "Feedback": {
        "type": "object", "required": ["thumb", "createdAt"],
        "properties": {
          "thumb": {"type": "string", "enum": ["up", "down"]}, "text": {"type": "string"},
          "createdAt": {"$ref": "#/components/schemas/Time"}
        }
      },
      "Accepted": {
        "type": "object", "required": ["status"], "properties": {"status": {"const": "accepted"}}
      },
      "NewDocuments": {
        "type": "object", "required": ["documents"],
        "properties": {
          "documents": {"type": "array", "minItems": 1, "maxItems": 100, "items": {
            "type": "object", "additionalProperties": false, "required": ["text"],
            "properties": {
              "id": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,200}$"},
              "source": {"type": "string", "maxLength": 512},
              "title": {"type": "string", "maxLength": 512},
              "text": {"type": "string", "maxLength": 2000000},
              "type": {"type": "string", "maxLength": 512, "default": "text"},
              "tags": {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 512}},
              "owner": {"type": "string", "description": "The one user who may find it."}
            }
          }}
        }
      },
      "AddedDocuments": {
        "type": "object", "required": ["results"],
        "properties": {
          "results": {"type": "array", "items": {
            "type": "object", "required": ["index", "status"],
            "properties": {
              "index": {"type": "integer"}, "id": {"type": "string"},
              "status": {"type": "string", "enum": ["added", "unchanged", "failed"]},
              "passages": {"type": "integer"}, "vectors": {"type": "integer"},
              "error": {"type": "string"}
            }
          }}
        }
      },
      "DocumentList": {
        "type": "object", "required": ["documents", "nextCursor"],
        "properties": {
          "documents": {"type": "array", "items": {
            "type": "object",
            "properties": {
              "id": {"type": "string"}, "source": {"type": "string"}, "title": {"type": "string"},
              "type": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
              "owner": {"type": ["string", "null"]}, "passages": {"type": "integer"},
              "updatedAt": {"$ref": "#/components/schemas/Time"}
            }
          }},
          "nextCursor": {"type": ["string", "null"]}
        }
      },
      "FoundPassages": {
        "type": "object", "required": ["mode", "passages"],
        "properties": {
          "mode": {"type": "string"},
          "passages": {"type": "array", "items": {
            "type": "object",
            "properties": {
              "id": {"type": "string"}, "source": {"type": "string"}, "title": {"type": "string"},
              "type": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
              "text": {"type": "string"}
            }
          }}
        }
      },
      "SearchResult": {
        "type": "object", "required": ["results", "mode", "nextCursor"],
        "properties": {
          "results": {"type": "array", "items": {
            "type": "object",
            "properties": {
              "conversationId": {"type": "string"}, "messageId": {"type": ["string", "null"]},
              "excerpt": {"type": "string"}, "at": {"$ref": "#/components/schemas/Time"},
              "score": {"type": "number", "description": "By meaning alone: 0 to 1."}
            }
          }},
          "mode": {"type": "string", "enum": ["words", "meaning"]},
          "embedder": {"type": "string", "description": "By meaning alone: what looked."},
          "isComplete": {"type": "boolean", "description": "By meaning alone: false when older conversations were not looked at yet."},
          "nextCursor": {"type": ["string", "null"]}
        }
      },
      "Export": {
        "type": "object", "required": ["user_id", "export_date", "conversations", "messages"],
        "properties": {
          "user_id": {"type": "string"}, "export_date": {"$ref": "#/components/schemas/Time"},
          "conversations": {"type": "array", "items": {"$ref": "#/components/schemas/Conversation"}},
          "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
          "nextCursor": {"type": ["string", "null"]}
        }
      },
      "Statistics": {
        "type": "object",
        "properties": {
          "conversations": {"type": "integer"}, "users": {"type": "integer"},
          "turns": {"type": "integer"}, "usage": {"$ref": "#/components/schemas/Usage"},
          "conversationsByAssistant": {"type": "object", "additionalProperties": {"type": "integer"}},
          "sessions": {"type": "object", "additionalProperties": {"type": "integer"}},
          "intents": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "Turns by what they were about: specialists, general, human, assistant."},
          "updatedAt": {"type": ["string", "null"]}, "isComplete": {"type": "boolean"},
          "cache": {"$ref": "#/components/schemas/CacheRates"}
        }
      },
      "NewContextEntry": {
        "type": "object", "additionalProperties": false, "required": ["value"],
        "properties": {
          "value": {"type": "string", "minLength": 1, "maxLength": 1000},
          "expiresIn": {"type": "integer", "minimum": 1, "maximum": 63244800, "description": "Seconds; without it a state is forgotten after a day, everything else never."}
        }
      },
      "ContextEntry": {
        "type": "object", "required": ["kind", "key", "value", "updatedAt", "expiresAt"],
        "properties": {
          "kind": {"type": "string", "enum": ["preference", "fact", "entity", "state"]},
          "key": {"type": "string"}, "value": {"type": "string"},
          "updatedAt": {"$ref": "#/components/schemas/Time"},
          "expiresAt": {"type": ["string", "null"], "format": "date-time"}
        }
      },
      "ContextEntries": {
        "type": "object", "required": ["entries"],
        "properties": {"entries": {"type": "array", "items": {"$ref": "#/components/schemas/ContextEntry"}}}
      },
      "PersonSettings": {
        "type": "object", "additionalProperties": false, "required": ["searchByMeaning"],
        "properties": {"searchByMeaning": {"type": "boolean"}}
      },
      "Money": {"type": "string", "description": "US dollars.", "examples": ["0.0675"]},
      "Tally": {
        "type": "object", "required": ["turns", "usage", "cost", "unpricedTokens"],
        "properties": {
          "turns": {"type": "integer"}, "usage": {"$ref": "#/components/schemas/Usage"},
          "cost": {"$ref": "#/components/schemas/Money"},
          "unpricedTokens": {"type": "integer", "description": "Of models without a known price: not in the cost."},
          "day": {"type": "string"}, "model": {"type": "string"}, "user": {"type": "string"},
          "price": {"anyOf": [{"$ref": "#/components/schemas/Price"}, {"type": "null"}]}
        }
      },
      "Price": {
        "type": "object", "required": ["input", "cachedInput", "output", "audioInput", "audioOutput"],
        "description": "What a million of a model's tokens cost.",
        "properties": {
          "input": {"$ref": "#/components/schemas/Money"},
          "cachedInput": {"$ref": "#/components/schemas/Money"},
          "output": {"$ref": "#/components/schemas/Money"},
          "audioInput": {"$ref": "#/components/schemas/Money"},
          "audioOutput": {"$ref": "#/components/schemas/Money"}
        }
      },
      "Budget": {
        "type": "object", "required": ["scope", "period", "percent", "state"],
        "properties": {
          "scope": {"type": "string", "enum": ["user", "tenant"]},
          "period": {"type": "string", "enum": ["day", "month"]},
          "percent": {"type": "integer"},
          "state": {"type": "string", "enum": ["fine", "warning", "used up"]},
          "tokens": {"type": "integer"}, "cost": {"$ref": "#/components/schemas/Money"}
        }
      },
      "OwnUsage": {
        "type": "object", "required": ["day", "month", "budgets", "pricesFrom"],
        "properties": {
          "day": {"$ref": "#/components/schemas/Tally"},
          "month": {"$ref": "#/components/schemas/Tally"},
          "budgets": {"type": "array", "items": {"$ref": "#/components/schemas/Budget"}},
          "pricesFrom": {"type": "string", "format": "date"}
        }
      },
      "UsageReport": {
        "type": "object", "required": ["tenant", "month", "total", "projection"],
        "properties": {
          "tenant": {"type": "string"}, "month": {"type": "string"},
          "at": {"$ref": "#/components/schemas/Time"}, "elapsed": {"type": "number"},
          "total": {"$ref": "#/components/schemas/Tally"},
          "projection": {"type": ["object", "null"], "properties": {
            "tokens": {"type": "integer"}, "cost": {"$ref": "#/components/schemas/Money"}
          }},
          "days": {"type": "array", "items": {"$ref": "#/components/schemas/Tally"}},
          "models": {"type": "array", "items": {"$ref": "#/components/schemas/Tally"}},
          "users": {"type": "array", "items": {"$ref": "#/components/schemas/Tally"}},
          "userCount": {"type": "integer"},
          "budgets": {"type": "array", "items": {"$ref": "#/components/schemas/Budget"}},
          "pricesFrom": {"type": "string", "format": "date"}
        }
      },
      "Specialist": {
        "type": "object", "required": ["id", "title", "languages", "abilities", "examples"],
        "properties": {
          "id": {"type": "string", "examples": ["japanese.kanji"]}, "title": {"type": "string"},
          "languages": {"type": "array", "items": {"type": "string"}},
          "abilities": {"type": "array", "items": {"type": "string"}},
          "examples": {"type": "array", "items": {"type": "string"}}
        }
      },
      "Percentiles": {
        "type": "object", "description": "Milliseconds, to about 20 %.",
        "properties": {"p50": {"type": ["number", "null"]}, "p95": {"type": ["number", "null"]}}
      },
      "VariantReport": {
        "type": "object", "required": ["tenant", "month", "variants"],
        "properties": {
          "tenant": {"type": "string"}, "month": {"type": "string"},
          "variants": {"type": "array", "items": {
            "type": "object",
            "required": ["assistant", "variant", "turns", "failedTurns", "firstTextMs", "totalMs", "feedback"],
            "properties": {
              "assistant": {"type": "string"}, "variant": {"type": "string"},
              "turns": {"type": "integer"}, "failedTurns": {"type": "integer"},
              "usage": {"$ref": "#/components/schemas/Usage"},
              "cost": {"$ref": "#/components/schemas/Money"}, "unpricedTokens": {"type": "integer"},
              "firstTextMs": {"$ref": "#/components/schemas/Percentiles"},
              "totalMs": {"$ref": "#/components/schemas/Percentiles"},
              "feedback": {"type": "object", "properties": {"up": {"type": "integer"}, "down": {"type": "integer"}}}
            }
          }}
        }
      },
      "AgentList": {
        "type": "object", "required": ["agents"],
        "properties": {
          "agents": {"type": "array", "items": {
            "type": "object", "required": ["id", "title", "languages", "abilities", "examples", "specialists"],
            "properties": {
              "id": {"type": "string"}, "title": {"type": "string"},
              "languages": {"type": "array", "items": {"type": "string"}},
              "abilities": {"type": "array", "items": {"type": "string"}},
              "examples": {"type": "array", "items": {"type": "string"}},
              "specialists": {"type": "array", "items": {"$ref": "#/components/schemas/Specialist"}}
            }
          }}
        }
      },
      "Config": {
        "type": "object", "required": ["webSocketURL", "streamURL", "assistants", "version"],
        "properties": {
          "webSocketURL": {"type": "string"}, "streamURL": {"type": "string"},
          "features": {"type": "object", "additionalProperties": {"type": "boolean"}},
          "assistants": {"type": "array", "items": {"type": "object"}},
          "version": {"type": "string"}
        }
      },
      "Health": {
        "type": "object", "required": ["status"],
        "properties": {
          "status": {"type": "string", "enum": ["healthy", "unhealthy"]},
          "service": {"type": "string"}, "version": {"type": "string"},
          "parts": {"type": "object", "additionalProperties": {
            "type": "object",
            "properties": {
              "status": {"type": "string", "enum": ["healthy", "unhealthy"]},
              "milliseconds": {"type": "number"}, "reason": {"type": "string"}
            }
          }}
        }
      },
      "Error": {
        "type": "object", "required": ["error", "requestId"],
        "properties": {
          "error": {
            "type": "object", "required": ["code", "message"],
            "properties": {
              "code": {"type": "string"}, "message": {"type": "string"},
              "fields": {"type": "array", "items": {
                "type": "object", "required": ["field", "code", "message"],
                "properties": {
                  "field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}
                }
              }}
            }
          },
          "requestId": {"type": "string"}
        }
      }
    }
    """
}
