/// A DynamoDB table.
package struct TableDefinition: Sendable, Equatable {
  package enum AttributeType: String, Sendable, Equatable {
    case string = "S"
    case number = "N"
    case binary = "B"
  }

  package enum Projection: Sendable, Equatable {
    case all
    case keysOnly
    case include([String])
  }

  package struct Key: Sendable, Equatable {
    package var partition: String
    package var sort: String?

    package init(partition: String, sort: String? = nil) {
      self.partition = partition
      self.sort = sort
    }
  }

  package struct Index: Sendable, Equatable {
    package var name: String
    package var key: Key
    package var projection: Projection
  }

  package enum StreamView: String, Sendable, Equatable {
    case keysOnly = "KEYS_ONLY"
    case newImage = "NEW_IMAGE"
    case oldImage = "OLD_IMAGE"
    case newAndOldImages = "NEW_AND_OLD_IMAGES"
  }

  package var logicalID: String
  /// `TableName`, else the logical id.
  package var name: String
  /// The types of all key attributes.
  package var attributes: [String: AttributeType]
  package var key: Key
  package var globalIndexes: [Index]
  package var localIndexes: [Index]
  /// The attribute that holds an item's end, when expiry is enabled.
  package var timeToLive: String?
  package var stream: StreamView?
  /// `PAY_PER_REQUEST`, or false for `PROVISIONED`.
  package var isOnDemand: Bool
}

/// An S3 bucket.
package struct BucketDefinition: Sendable, Equatable {
  package var logicalID: String
  /// `BucketName`, else the logical id in lower case.
  package var name: String
  package var isVersioned: Bool
}

/// A Secrets Manager secret.
package struct SecretDefinition: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case text(String)
    case generated(GeneratedSecret)
    /// The template gives none: the secret exists without a value.
    case none
  }

  package var logicalID: String
  /// `Name`, else the logical id.
  package var name: String
  package var description: String?
  package var value: Value
}

/// How `GenerateSecretString` makes a value.
package struct GeneratedSecret: Sendable, Equatable {
  package var length: Int
  package var excludedCharacters: String
  package var excludesLowercase: Bool
  package var excludesUppercase: Bool
  package var excludesNumbers: Bool
  package var excludesPunctuation: Bool
  package var includesSpace: Bool
  package var requiresEachType: Bool
  /// A JSON object into which the value goes under `key`; without one the value stands alone.
  package var template: String?
  package var key: String?
}
