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

    package init(name: String, key: Key, projection: Projection = .all) {
      self.name = name
      self.key = key
      self.projection = projection
    }
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

  package init(
    logicalID: String, name: String, attributes: [String: AttributeType], key: Key,
    globalIndexes: [Index] = [], localIndexes: [Index] = [], timeToLive: String? = nil,
    stream: StreamView? = nil, isOnDemand: Bool = true
  ) {
    self.logicalID = logicalID
    self.name = name
    self.attributes = attributes
    self.key = key
    self.globalIndexes = globalIndexes
    self.localIndexes = localIndexes
    self.timeToLive = timeToLive
    self.stream = stream
    self.isOnDemand = isOnDemand
  }
}

/// An S3 bucket.
package struct BucketDefinition: Sendable, Equatable {
  package var logicalID: String
  /// `BucketName`, else the logical id in lower case.
  package var name: String
  package var isVersioned: Bool

  package init(logicalID: String, name: String, isVersioned: Bool = false) {
    self.logicalID = logicalID
    self.name = name
    self.isVersioned = isVersioned
  }
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

  package init(logicalID: String, name: String, description: String? = nil, value: Value) {
    self.logicalID = logicalID
    self.name = name
    self.description = description
    self.value = value
  }
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

  package init(
    length: Int = 32, excludedCharacters: String = "", excludesLowercase: Bool = false,
    excludesUppercase: Bool = false, excludesNumbers: Bool = false,
    excludesPunctuation: Bool = false, includesSpace: Bool = false, requiresEachType: Bool = true,
    template: String? = nil, key: String? = nil
  ) {
    self.length = length
    self.excludedCharacters = excludedCharacters
    self.excludesLowercase = excludesLowercase
    self.excludesUppercase = excludesUppercase
    self.excludesNumbers = excludesNumbers
    self.excludesPunctuation = excludesPunctuation
    self.includesSpace = includesSpace
    self.requiresEachType = requiresEachType
    self.template = template
    self.key = key
  }
}
