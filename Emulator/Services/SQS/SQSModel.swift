// Written by scripts/service-models.py from botocore 1.44.5 (Apache-2.0), the model
// of "sqs".

extension SQS {
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let model = RequestModel(
    #"""
    list AWSAccountIdList String - -
    list ActionNameList String - -
    operation AddPermission QueueUrl:String! Label:String! AWSAccountIds:AWSAccountIdList!
      Actions:ActionNameList!
    operation CancelMessageMoveTask TaskHandle:String!
    operation ChangeMessageVisibility QueueUrl:String! ReceiptHandle:String!
      VisibilityTimeout:Integer!
    structure ChangeMessageVisibilityBatchRequestEntry Id:String! ReceiptHandle:String!
      VisibilityTimeout:Integer
    list ChangeMessageVisibilityBatchRequestEntryList ChangeMessageVisibilityBatchRequestEntry -
      -
    operation ChangeMessageVisibilityBatch QueueUrl:String!
      Entries:ChangeMessageVisibilityBatchRequestEntryList!
    enum QueueAttributeName All Policy ReceiveMessageWaitTimeSeconds CreatedTimestamp
      KmsMasterKeyId FifoThroughputLimit FifoQueue MaximumMessageSize VisibilityTimeout
      KmsDataKeyReusePeriodSeconds ApproximateNumberOfMessagesNotVisible LastModifiedTimestamp
      RedriveAllowPolicy ApproximateNumberOfMessagesDelayed SqsManagedSseEnabled DelaySeconds
      RedrivePolicy MessageRetentionPeriod DeduplicationScope ContentBasedDeduplication
      ApproximateNumberOfMessages QueueArn
    map QueueAttributeMap QueueAttributeName String - -
    map TagMap String String - -
    operation CreateQueue QueueName:String! Attributes:QueueAttributeMap tags:TagMap
    operation DeleteMessage QueueUrl:String! ReceiptHandle:String!
    structure DeleteMessageBatchRequestEntry Id:String! ReceiptHandle:String!
    list DeleteMessageBatchRequestEntryList DeleteMessageBatchRequestEntry - -
    operation DeleteMessageBatch QueueUrl:String! Entries:DeleteMessageBatchRequestEntryList!
    operation DeleteQueue QueueUrl:String!
    list AttributeNameList QueueAttributeName - -
    operation GetQueueAttributes QueueUrl:String! AttributeNames:AttributeNameList
    operation GetQueueUrl QueueName:String! QueueOwnerAWSAccountId:String
    operation ListDeadLetterSourceQueues QueueUrl:String! NextToken:String MaxResults:Integer
    operation ListMessageMoveTasks SourceArn:String! MaxResults:Integer
    operation ListQueueTags QueueUrl:String!
    operation ListQueues QueueNamePrefix:String NextToken:String MaxResults:Integer
    operation PurgeQueue QueueUrl:String!
    enum MessageSystemAttributeName All DeadLetterQueueSourceArn ApproximateReceiveCount
      AWSTraceHeader SentTimestamp SequenceNumber MessageGroupId SenderId MessageDeduplicationId
      ApproximateFirstReceiveTimestamp
    list MessageSystemAttributeList MessageSystemAttributeName - -
    list MessageAttributeNameList String - -
    operation ReceiveMessage QueueUrl:String! AttributeNames:AttributeNameList
      MessageSystemAttributeNames:MessageSystemAttributeList
      MessageAttributeNames:MessageAttributeNameList MaxNumberOfMessages:Integer
      VisibilityTimeout:Integer WaitTimeSeconds:Integer ReceiveRequestAttemptId:String
    operation RemovePermission QueueUrl:String! Label:String!
    list StringList String - -
    list BinaryList Blob - -
    structure MessageAttributeValue StringValue:String BinaryValue:Blob
      StringListValues:StringList BinaryListValues:BinaryList DataType:String!
    map MessageBodyAttributeMap String MessageAttributeValue - -
    enum MessageSystemAttributeNameForSends AWSTraceHeader
    structure MessageSystemAttributeValue StringValue:String BinaryValue:Blob
      StringListValues:StringList BinaryListValues:BinaryList DataType:String!
    map MessageBodySystemAttributeMap MessageSystemAttributeNameForSends
      MessageSystemAttributeValue - -
    operation SendMessage QueueUrl:String! MessageBody:String! DelaySeconds:Integer
      MessageAttributes:MessageBodyAttributeMap
      MessageSystemAttributes:MessageBodySystemAttributeMap MessageDeduplicationId:String
      MessageGroupId:String
    structure SendMessageBatchRequestEntry Id:String! MessageBody:String! DelaySeconds:Integer
      MessageAttributes:MessageBodyAttributeMap
      MessageSystemAttributes:MessageBodySystemAttributeMap MessageDeduplicationId:String
      MessageGroupId:String
    list SendMessageBatchRequestEntryList SendMessageBatchRequestEntry - -
    operation SendMessageBatch QueueUrl:String! Entries:SendMessageBatchRequestEntryList!
    operation SetQueueAttributes QueueUrl:String! Attributes:QueueAttributeMap!
    operation StartMessageMoveTask SourceArn:String! DestinationArn:String
      MaxNumberOfMessagesPerSecond:Integer
    operation TagQueue QueueUrl:String! Tags:TagMap!
    list TagKeyList String - -
    operation UntagQueue QueueUrl:String! TagKeys:TagKeyList!
    """#)
}
