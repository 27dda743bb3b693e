// Written by scripts/dynamodb-model.py from botocore 1.44.5 (Apache-2.0),
// data/dynamodb/2012-08-10/service-2.json and data/dynamodbstreams/2012-08-10/service-2.json.

extension ServiceModel {
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let text = """
    string PartiQLStatement 1 8192
    list PreparedStatementParameters AttributeValue 1 -
    enum ReturnValuesOnConditionCheckFailure ALL_OLD NONE
    structure BatchStatementRequest Statement:PartiQLStatement!
      Parameters:PreparedStatementParameters ConsistentRead:Boolean
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    list PartiQLBatchRequest BatchStatementRequest 1 25
    enum ReturnConsumedCapacity INDEXES TOTAL NONE
    operation BatchExecuteStatement Statements:PartiQLBatchRequest!
      ReturnConsumedCapacity:ReturnConsumedCapacity
    string AttributeName - 65535
    map Key AttributeName AttributeValue - -
    list KeyList Key 1 100
    list AttributeNameList AttributeName 1 -
    map ExpressionAttributeNameMap String AttributeName - -
    structure KeysAndAttributes Keys:KeyList! AttributesToGet:AttributeNameList
      ConsistentRead:Boolean ProjectionExpression:String
      ExpressionAttributeNames:ExpressionAttributeNameMap
    map BatchGetRequestMap TableReference KeysAndAttributes 1 100
    operation BatchGetItem RequestItems:BatchGetRequestMap!
      ReturnConsumedCapacity:ReturnConsumedCapacity
    map PutItemInputAttributeMap AttributeName AttributeValue - -
    structure PutRequest Item:PutItemInputAttributeMap!
    structure DeleteRequest Key:Key!
    structure WriteRequest PutRequest:PutRequest DeleteRequest:DeleteRequest
    list WriteRequests WriteRequest 1 25
    map BatchWriteItemRequestMap TableReference WriteRequests 1 25
    enum ReturnItemCollectionMetrics SIZE NONE
    operation BatchWriteItem RequestItems:BatchWriteItemRequestMap!
      ReturnConsumedCapacity:ReturnConsumedCapacity
      ReturnItemCollectionMetrics:ReturnItemCollectionMetrics
    string KeySchemaAttributeName 1 255
    enum ScalarAttributeType B N S
    structure AttributeDefinition AttributeName:KeySchemaAttributeName!
      AttributeType:ScalarAttributeType!
    list AttributeDefinitions AttributeDefinition - -
    enum BillingMode PROVISIONED PAY_PER_REQUEST
    enum KeyType HASH RANGE
    structure KeySchemaElement AttributeName:KeySchemaAttributeName! KeyType:KeyType!
    list KeySchema KeySchemaElement 1 -
    string IndexName 3 255 pattern
    enum ProjectionType ALL INCLUDE KEYS_ONLY
    string NonKeyAttributeName 1 255
    list NonKeyAttributeNameList NonKeyAttributeName 1 20
    structure Projection ProjectionType:ProjectionType NonKeyAttributes:NonKeyAttributeNameList
    structure LocalSecondaryIndex IndexName:IndexName! KeySchema:KeySchema!
      Projection:Projection!
    list LocalSecondaryIndexList LocalSecondaryIndex - -
    long PositiveLongObject 1 -
    structure ProvisionedThroughput ReadCapacityUnits:PositiveLongObject!
      WriteCapacityUnits:PositiveLongObject!
    structure OnDemandThroughput MaxReadRequestUnits:Long MaxWriteRequestUnits:Long
    structure WarmThroughput ReadUnitsPerSecond:Long WriteUnitsPerSecond:Long
    structure GlobalSecondaryIndex IndexName:IndexName! KeySchema:KeySchema!
      Projection:Projection! ProvisionedThroughput:ProvisionedThroughput
      OnDemandThroughput:OnDemandThroughput WarmThroughput:WarmThroughput
    list GlobalSecondaryIndexList GlobalSecondaryIndex - -
    enum StreamViewType NEW_IMAGE OLD_IMAGE NEW_AND_OLD_IMAGES KEYS_ONLY
    structure StreamSpecification StreamEnabled:Boolean! StreamViewType:StreamViewType
    enum SSEType AES256 KMS
    structure SSESpecification Enabled:Boolean SSEType:SSEType KMSMasterKeyId:String
    string TagKeyString 1 128
    string TagValueString 0 256
    structure Tag Key:TagKeyString! Value:TagValueString!
    list TagList Tag - -
    string TableClass
    enum GlobalTableSettingsReplicationMode ENABLED DISABLED ENABLED_WITH_OVERRIDES
    operation CreateTable AttributeDefinitions:AttributeDefinitions! TableName:TableReference!
      BillingMode:BillingMode KeySchema:KeySchema! LocalSecondaryIndexes:LocalSecondaryIndexList
      GlobalSecondaryIndexes:GlobalSecondaryIndexList
      ProvisionedThroughput:ProvisionedThroughput StreamSpecification:StreamSpecification
      SSESpecification:SSESpecification Tags:TagList TableClass:TableClass
      DeletionProtectionEnabled:Boolean WarmThroughput:WarmThroughput ResourcePolicy:String
      OnDemandThroughput:OnDemandThroughput GlobalTableSourceArn:TableReference
      GlobalTableSettingsReplicationMode:GlobalTableSettingsReplicationMode
    enum ReturnValue ALL_NEW UPDATED_OLD ALL_OLD NONE UPDATED_NEW
    enum ComparisonOperator IN NULL BETWEEN LT NOT_CONTAINS EQ GT NOT_NULL NE LE BEGINS_WITH GE
      CONTAINS
    list AttributeValueList AttributeValue - -
    structure ExpectedAttributeValue Value:AttributeValue Exists:Boolean
      ComparisonOperator:ComparisonOperator AttributeValueList:AttributeValueList
    map ExpectedAttributeMap AttributeName ExpectedAttributeValue - -
    enum ConditionalOperator OR AND
    map ExpressionAttributeValueMap String AttributeValue - -
    operation DeleteItem Key:Key! ReturnConsumedCapacity:ReturnConsumedCapacity
      TableName:TableReference! ReturnItemCollectionMetrics:ReturnItemCollectionMetrics
      ReturnValues:ReturnValue Expected:ExpectedAttributeMap
      ConditionalOperator:ConditionalOperator ConditionExpression:String
      ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    operation DeleteTable TableName:TableReference!
    operation DescribeContinuousBackups TableName:TableReference!
    operation DescribeEndpoints
    operation DescribeLimits
    operation DescribeTable TableName:TableReference!
    operation DescribeTimeToLive TableName:TableReference!
    string PartiQLNextToken 1 32768
    integer PositiveIntegerObject 1 -
    operation ExecuteStatement Statement:PartiQLStatement!
      Parameters:PreparedStatementParameters ConsistentRead:Boolean NextToken:PartiQLNextToken
      ReturnConsumedCapacity:ReturnConsumedCapacity Limit:PositiveIntegerObject
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    structure ParameterizedStatement Statement:PartiQLStatement!
      Parameters:PreparedStatementParameters
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    list ParameterizedStatements ParameterizedStatement 1 100
    string ClientRequestToken 1 36
    operation ExecuteTransaction TransactStatements:ParameterizedStatements!
      ClientRequestToken:ClientRequestToken ReturnConsumedCapacity:ReturnConsumedCapacity
    operation GetItem Key:Key! TableName:TableReference!
      ReturnConsumedCapacity:ReturnConsumedCapacity AttributesToGet:AttributeNameList
      ConsistentRead:Boolean ProjectionExpression:String
      ExpressionAttributeNames:ExpressionAttributeNameMap
    integer ListTablesInputLimit 1 100
    string TableName 3 255 pattern
    operation ListTables Limit:ListTablesInputLimit ExclusiveStartTableName:TableName
    string ResourceArnString 1 1283
    operation ListTagsOfResource ResourceArn:ResourceArnString! NextToken:String
    operation PutItem Item:PutItemInputAttributeMap!
      ReturnConsumedCapacity:ReturnConsumedCapacity ReturnValues:ReturnValue
      ReturnItemCollectionMetrics:ReturnItemCollectionMetrics TableName:TableReference!
      Expected:ExpectedAttributeMap ConditionalOperator:ConditionalOperator
      ConditionExpression:String ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    enum Select SPECIFIC_ATTRIBUTES COUNT ALL_ATTRIBUTES ALL_PROJECTED_ATTRIBUTES
    structure Condition AttributeValueList:AttributeValueList
      ComparisonOperator:ComparisonOperator!
    map KeyConditions AttributeName Condition - -
    map FilterConditionMap AttributeName Condition - -
    operation Query TableName:TableReference! ReturnConsumedCapacity:ReturnConsumedCapacity
      Select:Select Limit:PositiveIntegerObject IndexName:IndexName
      AttributesToGet:AttributeNameList ConsistentRead:Boolean KeyConditions:KeyConditions
      QueryFilter:FilterConditionMap ConditionalOperator:ConditionalOperator
      ScanIndexForward:Boolean ExclusiveStartKey:Key ProjectionExpression:String
      FilterExpression:String KeyConditionExpression:String
      ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
    integer ScanTotalSegments 1 1000000
    integer ScanSegment 0 999999
    operation Scan TableName:TableReference! Limit:PositiveIntegerObject
      ReturnConsumedCapacity:ReturnConsumedCapacity Select:Select IndexName:IndexName
      AttributesToGet:AttributeNameList ScanFilter:FilterConditionMap
      ConditionalOperator:ConditionalOperator ExclusiveStartKey:Key
      TotalSegments:ScanTotalSegments Segment:ScanSegment ProjectionExpression:String
      FilterExpression:String ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap ConsistentRead:Boolean
    operation TagResource ResourceArn:ResourceArnString! Tags:TagList!
    structure Get Key:Key! TableName:TableReference! ProjectionExpression:String
      ExpressionAttributeNames:ExpressionAttributeNameMap
    structure TransactGetItem Get:Get!
    list TransactGetItemList TransactGetItem 1 100
    operation TransactGetItems TransactItems:TransactGetItemList!
      ReturnConsumedCapacity:ReturnConsumedCapacity
    structure ConditionCheck Key:Key! TableName:TableReference! ConditionExpression:String!
      ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    structure Put Item:PutItemInputAttributeMap! TableName:TableReference!
      ConditionExpression:String ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    structure Delete Key:Key! TableName:TableReference! ConditionExpression:String
      ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    structure Update Key:Key! UpdateExpression:String! TableName:TableReference!
      ConditionExpression:String ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    structure TransactWriteItem ConditionCheck:ConditionCheck Put:Put Delete:Delete
      Update:Update
    list TransactWriteItemList TransactWriteItem 1 100
    operation TransactWriteItems TransactItems:TransactWriteItemList!
      ReturnConsumedCapacity:ReturnConsumedCapacity
      ReturnItemCollectionMetrics:ReturnItemCollectionMetrics
      ClientRequestToken:ClientRequestToken
    list TagKeyList TagKeyString - -
    operation UntagResource ResourceArn:ResourceArnString! TagKeys:TagKeyList!
    enum AttributeAction ADD PUT DELETE
    structure AttributeValueUpdate Value:AttributeValue Action:AttributeAction
    map AttributeUpdates AttributeName AttributeValueUpdate - -
    operation UpdateItem Key:Key! ReturnValues:ReturnValue
      ReturnConsumedCapacity:ReturnConsumedCapacity
      ReturnItemCollectionMetrics:ReturnItemCollectionMetrics TableName:TableReference!
      AttributeUpdates:AttributeUpdates Expected:ExpectedAttributeMap
      ConditionalOperator:ConditionalOperator UpdateExpression:String ConditionExpression:String
      ExpressionAttributeNames:ExpressionAttributeNameMap
      ExpressionAttributeValues:ExpressionAttributeValueMap
      ReturnValuesOnConditionCheckFailure:ReturnValuesOnConditionCheckFailure
    structure UpdateGlobalSecondaryIndexAction IndexName:IndexName!
      ProvisionedThroughput:ProvisionedThroughput OnDemandThroughput:OnDemandThroughput
      WarmThroughput:WarmThroughput
    structure CreateGlobalSecondaryIndexAction IndexName:IndexName! KeySchema:KeySchema!
      Projection:Projection! ProvisionedThroughput:ProvisionedThroughput
      OnDemandThroughput:OnDemandThroughput WarmThroughput:WarmThroughput
    structure DeleteGlobalSecondaryIndexAction IndexName:IndexName!
    structure GlobalSecondaryIndexUpdate Update:UpdateGlobalSecondaryIndexAction
      Create:CreateGlobalSecondaryIndexAction Delete:DeleteGlobalSecondaryIndexAction
    list GlobalSecondaryIndexUpdateList GlobalSecondaryIndexUpdate - -
    structure ProvisionedThroughputOverride ReadCapacityUnits:PositiveLongObject
    structure OnDemandThroughputOverride MaxReadRequestUnits:Long
    structure ReplicaGlobalSecondaryIndex IndexName:IndexName!
      ProvisionedThroughputOverride:ProvisionedThroughputOverride
      OnDemandThroughputOverride:OnDemandThroughputOverride
    list ReplicaGlobalSecondaryIndexList ReplicaGlobalSecondaryIndex 1 -
    structure CreateReplicationGroupMemberAction RegionName:String! KMSMasterKeyId:String
      ProvisionedThroughputOverride:ProvisionedThroughputOverride
      OnDemandThroughputOverride:OnDemandThroughputOverride
      GlobalSecondaryIndexes:ReplicaGlobalSecondaryIndexList TableClassOverride:TableClass
    structure UpdateReplicationGroupMemberAction RegionName:String! KMSMasterKeyId:String
      ProvisionedThroughputOverride:ProvisionedThroughputOverride
      OnDemandThroughputOverride:OnDemandThroughputOverride
      GlobalSecondaryIndexes:ReplicaGlobalSecondaryIndexList TableClassOverride:TableClass
    structure DeleteReplicationGroupMemberAction RegionName:String!
    enum DisassociationMode WAIT_FOR_REPLICATION
    structure DisassociateReplicationGroupMemberAction RegionName:String!
      DisassociationMode:DisassociationMode!
    structure ReplicationGroupUpdate Create:CreateReplicationGroupMemberAction
      Update:UpdateReplicationGroupMemberAction Delete:DeleteReplicationGroupMemberAction
      Disassociate:DisassociateReplicationGroupMemberAction
    list ReplicationGroupUpdateList ReplicationGroupUpdate 1 -
    enum MultiRegionConsistency EVENTUAL STRONG
    structure CreateGlobalTableWitnessGroupMemberAction RegionName:String!
    structure DeleteGlobalTableWitnessGroupMemberAction RegionName:String!
    structure GlobalTableWitnessGroupUpdate Create:CreateGlobalTableWitnessGroupMemberAction
      Delete:DeleteGlobalTableWitnessGroupMemberAction
    list GlobalTableWitnessGroupUpdateList GlobalTableWitnessGroupUpdate 1 1
    operation UpdateTable AttributeDefinitions:AttributeDefinitions TableName:TableReference!
      BillingMode:BillingMode ProvisionedThroughput:ProvisionedThroughput
      GlobalSecondaryIndexUpdates:GlobalSecondaryIndexUpdateList
      StreamSpecification:StreamSpecification SSESpecification:SSESpecification
      ReplicaUpdates:ReplicationGroupUpdateList TableClass:TableClass
      DeletionProtectionEnabled:Boolean MultiRegionConsistency:MultiRegionConsistency
      GlobalTableWitnessUpdates:GlobalTableWitnessGroupUpdateList
      OnDemandThroughput:OnDemandThroughput WarmThroughput:WarmThroughput
      GlobalTableSettingsReplicationMode:GlobalTableSettingsReplicationMode
      DisassociationProtectionEnabled:Boolean
    string TimeToLiveAttributeName 1 255
    structure TimeToLiveSpecification Enabled:Boolean! AttributeName:TimeToLiveAttributeName!
    operation UpdateTimeToLive TableName:TableReference!
      TimeToLiveSpecification:TimeToLiveSpecification!
    string StreamArn 37 1024
    string ShardId 28 65
    enum ShardFilterType CHILD_SHARDS
    structure ShardFilter Type:ShardFilterType ShardId:ShardId
    operation DescribeStream StreamArn:StreamArn! Limit:PositiveIntegerObject
      ExclusiveStartShardId:ShardId ShardFilter:ShardFilter
    string ShardIterator 1 2048
    operation GetRecords ShardIterator:ShardIterator! Limit:PositiveIntegerObject
    enum ShardIteratorType TRIM_HORIZON LATEST AT_SEQUENCE_NUMBER AFTER_SEQUENCE_NUMBER
      AT_TIMESTAMP
    string SequenceNumber 21 40
    operation GetShardIterator StreamArn:StreamArn! ShardId:ShardId!
      ShardIteratorType:ShardIteratorType! SequenceNumber:SequenceNumber Timestamp:Long
    operation ListStreams TableName:TableName Limit:PositiveIntegerObject
      ExclusiveStartStreamArn:StreamArn
    """
}
