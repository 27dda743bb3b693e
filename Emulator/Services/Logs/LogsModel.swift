// Written by scripts/service-models.py from botocore 1.44.5 (Apache-2.0), the model
// of "logs".

extension Logs {
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let model = RequestModel(
    #"""
    string LogGroupName 1 512 pattern [\.\-_/#A-Za-z0-9]+
    string KmsKeyId - 256
    string ResourceIdentifier 1 2048 pattern [\w+=/:,.@\-\*]*
    operation AssociateKmsKey logGroupName:LogGroupName kmsKeyId:KmsKeyId!
      resourceIdentifier:ResourceIdentifier
    operation DisassociateKmsKey logGroupName:LogGroupName resourceIdentifier:ResourceIdentifier
    string LogGroupIdentifier 1 2048 secret pattern [\w#+=/:,.@-]*
    operation PutLogGroupDeletionProtection logGroupIdentifier:LogGroupIdentifier!
      deletionProtectionEnabled:Boolean!
    list StartLiveTailLogGroupIdentifiers LogGroupIdentifier 1 10
    string LogStreamName 1 512 pattern [^:*]*
    list InputLogStreamNames LogStreamName 1 100
    string FilterPattern 0 1024
    operation StartLiveTail logGroupIdentifiers:StartLiveTailLogGroupIdentifiers!
      logStreamNames:InputLogStreamNames logStreamNamePrefixes:InputLogStreamNames
      logEventFilterPattern:FilterPattern
    string TagKey 1 128 pattern ^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$
    string TagValue - 256 pattern ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$
    map Tags TagKey TagValue 1 50
    enum LogGroupClass INFREQUENT_ACCESS ESSENTIALS STANDARD DELIVERY
    operation CreateLogGroup logGroupName:LogGroupName! kmsKeyId:KmsKeyId tags:Tags
      logGroupClass:LogGroupClass deletionProtectionEnabled:Boolean
    operation CreateLogStream logGroupName:LogGroupName! logStreamName:LogStreamName!
    operation DeleteLogGroup logGroupName:LogGroupName!
    operation DeleteLogStream logGroupName:LogGroupName! logStreamName:LogStreamName!
    operation DeleteRetentionPolicy logGroupName:LogGroupName!
    string AccountId 12 12 pattern ^\d{12}$
    list AccountIds AccountId 0 20
    string LogGroupNamePattern 0 512 pattern [\.\-_/#A-Za-z0-9]*
    string NextToken 1 -
    integer DescribeLimit 1 50
    list DescribeLogGroupsLogGroupIdentifiers LogGroupIdentifier 1 50
    operation DescribeLogGroups accountIdentifiers:AccountIds logGroupNamePrefix:LogGroupName
      logGroupNamePattern:LogGroupNamePattern nextToken:NextToken limit:DescribeLimit
      includeLinkedAccounts:Boolean logGroupClass:LogGroupClass
      logGroupIdentifiers:DescribeLogGroupsLogGroupIdentifiers
    enum OrderBy LogStreamName LastEventTime
    operation DescribeLogStreams logGroupName:LogGroupName logGroupIdentifier:LogGroupIdentifier
      logStreamNamePrefix:LogStreamName orderBy:OrderBy descending:Boolean nextToken:NextToken
      limit:DescribeLimit
    integer Timestamp 0 -
    integer EventsLimit 1 10000
    operation FilterLogEvents logGroupName:LogGroupName logGroupIdentifier:LogGroupIdentifier
      logStreamNames:InputLogStreamNames logStreamNamePrefix:LogStreamName startTime:Timestamp
      endTime:Timestamp filterPattern:FilterPattern nextToken:NextToken limit:EventsLimit
      startFromHead:Boolean interleaved:Boolean unmask:Boolean
    operation GetLogEvents logGroupName:LogGroupName logGroupIdentifier:LogGroupIdentifier
      logStreamName:LogStreamName! startTime:Timestamp endTime:Timestamp nextToken:NextToken
      limit:EventsLimit startFromHead:Boolean unmask:Boolean
    string AmazonResourceName 1 1011 pattern [\w+=/:,.@-]*
    operation ListTagsForResource resourceArn:AmazonResourceName!
    operation ListTagsLogGroup logGroupName:LogGroupName!
    string EventMessage 1 -
    structure InputLogEvent timestamp:Timestamp! message:EventMessage!
    list InputLogEvents InputLogEvent 1 10000
    string SequenceToken 1 -
    string EntityKeyAttributesKey 1 32
    string EntityKeyAttributesValue 1 512
    map EntityKeyAttributes EntityKeyAttributesKey EntityKeyAttributesValue 2 4
    string EntityAttributesKey 1 256
    string EntityAttributesValue 1 512
    map EntityAttributes EntityAttributesKey EntityAttributesValue 0 10
    structure Entity keyAttributes:EntityKeyAttributes attributes:EntityAttributes
    operation PutLogEvents logGroupName:LogGroupName! logStreamName:LogStreamName!
      logEvents:InputLogEvents! sequenceToken:SequenceToken entity:Entity
    operation PutRetentionPolicy logGroupName:LogGroupName! retentionInDays:Integer!
    operation TagLogGroup logGroupName:LogGroupName! tags:Tags!
    operation TagResource resourceArn:AmazonResourceName! tags:Tags!
    list TestEventMessages EventMessage 1 50
    operation TestMetricFilter filterPattern:FilterPattern! logEventMessages:TestEventMessages!
    list TagList TagKey 1 -
    operation UntagLogGroup logGroupName:LogGroupName! tags:TagList!
    list TagKeyList TagKey 0 50
    operation UntagResource resourceArn:AmazonResourceName! tagKeys:TagKeyList!
    refused AssociateSourceToS3TableIntegration CancelExportTask CancelImportTask CreateDelivery
      CreateExportTask CreateImportTask CreateLogAnomalyDetector CreateLookupTable
      CreateScheduledQuery DeleteAccountPolicy DeleteDataProtectionPolicy DeleteDelivery
      DeleteDeliveryDestination DeleteDeliveryDestinationPolicy DeleteDeliverySource
      DeleteDestination DeleteIndexPolicy DeleteIntegration DeleteLogAnomalyDetector
      DeleteLookupTable DeleteMetricFilter DeleteQueryDefinition DeleteResourcePolicy
      DeleteScheduledQuery DeleteSubscriptionFilter DeleteSyslogConfiguration DeleteTransformer
      DescribeAccountPolicies DescribeConfigurationTemplates DescribeDeliveries
      DescribeDeliveryDestinations DescribeDeliverySources DescribeDestinations
      DescribeExportTasks DescribeFieldIndexes DescribeImportTaskBatches DescribeImportTasks
      DescribeIndexPolicies DescribeLookupTables DescribeMetricFilters DescribeQueries
      DescribeQueryDefinitions DescribeResourcePolicies DescribeSubscriptionFilters
      DisassociateSourceFromS3TableIntegration GetDataProtectionPolicy GetDelivery
      GetDeliveryDestination GetDeliveryDestinationPolicy GetDeliverySource GetIntegration
      GetLogAnomalyDetector GetLogFields GetLogGroupFields GetLogObject GetLogRecord
      GetLookupTable GetQueryResults GetScheduledQuery GetScheduledQueryHistory
      GetStorageTierPolicy GetTransformer ListAggregateLogGroupSummaries ListAnomalies
      ListIntegrations ListLogAnomalyDetectors ListLogGroups ListLogGroupsForQuery
      ListScheduledQueries ListSourcesForS3TableIntegration ListSyslogConfigurations
      PutAccountPolicy PutBearerTokenAuthentication PutDataProtectionPolicy
      PutDeliveryDestination PutDeliveryDestinationPolicy PutDeliverySource PutDestination
      PutDestinationPolicy PutIndexPolicy PutIntegration PutMetricFilter PutQueryDefinition
      PutResourcePolicy PutStorageTierPolicy PutSubscriptionFilter PutSyslogConfiguration
      PutTransformer StartQuery StopQuery TestTransformer UpdateAnomaly
      UpdateDeliveryConfiguration UpdateLogAnomalyDetector UpdateLookupTable
      UpdateScheduledQuery
    """#)
}
