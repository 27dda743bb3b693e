// Written by scripts/service-models.py from botocore 1.44.5 (Apache-2.0), the model
// of "events".

extension EventBridge {
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let model = RequestModel(
    #"""
    string EventBusName 1 256 pattern [/\.\-_A-Za-z0-9]+
    string EventSourceName 1 256 pattern aws\.partner(/[\.\-_A-Za-z0-9]+){2,}
    string EventBusDescription - 512
    string KmsKeyIdentifier - 2048 pattern ^[a-zA-Z0-9_\-/:]*$
    string ResourceArn 1 1600
    structure DeadLetterConfig Arn:ResourceArn
    enum IncludeDetail NONE FULL
    enum Level TRACE ERROR INFO OFF
    structure LogConfig IncludeDetail:IncludeDetail Level:Level
    string TagKey 1 128
    string TagValue 0 256
    structure Tag Key:TagKey! Value:TagValue!
    list TagList Tag - -
    operation CreateEventBus Name:EventBusName! EventSourceName:EventSourceName
      Description:EventBusDescription KmsKeyIdentifier:KmsKeyIdentifier
      DeadLetterConfig:DeadLetterConfig LogConfig:LogConfig Tags:TagList
    operation DeleteEventBus Name:EventBusName!
    string RuleName 1 64 pattern [\.\-_A-Za-z0-9]+
    string EventBusNameOrArn 1 1600
    operation DeleteRule Name:RuleName! EventBusName:EventBusNameOrArn Force:Boolean
    operation DescribeEventBus Name:EventBusNameOrArn
    operation DescribeRule Name:RuleName! EventBusName:EventBusNameOrArn
    operation DisableRule Name:RuleName! EventBusName:EventBusNameOrArn
    operation EnableRule Name:RuleName! EventBusName:EventBusNameOrArn
    string NextToken 1 2048
    integer LimitMax100 1 100
    operation ListEventBuses NamePrefix:EventBusName NextToken:NextToken Limit:LimitMax100
    string TargetArn 1 1600
    operation ListRuleNamesByTarget TargetArn:TargetArn! EventBusName:EventBusNameOrArn
      NextToken:NextToken Limit:LimitMax100
    operation ListRules NamePrefix:RuleName EventBusName:EventBusNameOrArn NextToken:NextToken
      Limit:LimitMax100
    string Arn 1 1600
    operation ListTagsForResource ResourceARN:Arn!
    operation ListTargetsByRule Rule:RuleName! EventBusName:EventBusNameOrArn
      NextToken:NextToken Limit:LimitMax100
    string EventResource - 2048
    list EventResourceList EventResource - -
    string NonPartnerEventBusNameOrArn 1 1600
    string TraceHeader 1 500
    structure PutEventsRequestEntry Time:Number Source:String Resources:EventResourceList
      DetailType:String Detail:String EventBusName:NonPartnerEventBusNameOrArn
      TraceHeader:TraceHeader
    list PutEventsRequestEntryList PutEventsRequestEntry 1 -
    string EndpointId 1 50 pattern ^[A-Za-z0-9\-]+[\.][A-Za-z0-9\-]+$
    operation PutEvents Entries:PutEventsRequestEntryList! EndpointId:EndpointId
    string ScheduleExpression - 256
    string EventPattern - 4096
    enum RuleState DISABLED ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS ENABLED
    string RuleDescription - 512
    string RoleArn 1 1600
    operation PutRule Name:RuleName! ScheduleExpression:ScheduleExpression
      EventPattern:EventPattern State:RuleState Description:RuleDescription RoleArn:RoleArn
      Tags:TagList EventBusName:EventBusNameOrArn
    string TargetId 1 64 pattern [\.\-_A-Za-z0-9]+
    string TargetInput - 8192
    string TargetInputPath - 256
    string InputTransformerPathKey 1 256 pattern [A-Za-z0-9\_\-]+
    map TransformerPaths InputTransformerPathKey TargetInputPath - 100
    string TransformerInput 1 8192
    structure InputTransformer InputPathsMap:TransformerPaths InputTemplate:TransformerInput!
    string TargetPartitionKeyPath - 256
    structure KinesisParameters PartitionKeyPath:TargetPartitionKeyPath!
    string RunCommandTargetKey 1 128 pattern ^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$
    string RunCommandTargetValue 1 256
    list RunCommandTargetValues RunCommandTargetValue 1 50
    structure RunCommandTarget Key:RunCommandTargetKey! Values:RunCommandTargetValues!
    list RunCommandTargets RunCommandTarget 1 5
    structure RunCommandParameters RunCommandTargets:RunCommandTargets!
    integer LimitMin1 1 -
    enum LaunchType EXTERNAL EC2 FARGATE
    list StringList String - -
    enum AssignPublicIp DISABLED ENABLED
    structure AwsVpcConfiguration Subnets:StringList! SecurityGroups:StringList
      AssignPublicIp:AssignPublicIp
    structure NetworkConfiguration awsvpcConfiguration:AwsVpcConfiguration
    string CapacityProvider 1 255
    integer CapacityProviderStrategyItemWeight 0 1000
    integer CapacityProviderStrategyItemBase 0 100000
    structure CapacityProviderStrategyItem capacityProvider:CapacityProvider!
      weight:CapacityProviderStrategyItemWeight base:CapacityProviderStrategyItemBase
    list CapacityProviderStrategy CapacityProviderStrategyItem - 6
    enum PlacementConstraintType distinctInstance memberOf
    string PlacementConstraintExpression - 2000
    structure PlacementConstraint type:PlacementConstraintType
      expression:PlacementConstraintExpression
    list PlacementConstraints PlacementConstraint - 10
    enum PlacementStrategyType random binpack spread
    string PlacementStrategyField - 255
    structure PlacementStrategy type:PlacementStrategyType field:PlacementStrategyField
    list PlacementStrategies PlacementStrategy - 5
    enum PropagateTags TASK_DEFINITION
    string ReferenceId - 1024
    structure EcsParameters TaskDefinitionArn:Arn! TaskCount:LimitMin1 LaunchType:LaunchType
      NetworkConfiguration:NetworkConfiguration PlatformVersion:String Group:String
      CapacityProviderStrategy:CapacityProviderStrategy EnableECSManagedTags:Boolean
      EnableExecuteCommand:Boolean PlacementConstraints:PlacementConstraints
      PlacementStrategy:PlacementStrategies PropagateTags:PropagateTags ReferenceId:ReferenceId
      Tags:TagList
    structure BatchArrayProperties Size:Integer
    structure BatchRetryStrategy Attempts:Integer
    structure BatchParameters JobDefinition:String! JobName:String!
      ArrayProperties:BatchArrayProperties RetryStrategy:BatchRetryStrategy
    string MessageGroupId - 100
    structure SqsParameters MessageGroupId:MessageGroupId
    string PathParameter - - pattern ^(?!\s*$).+
    list PathParameterList PathParameter - -
    string HeaderKey - 512 pattern ^[!#$%&'*+-.^_`|~0-9a-zA-Z]+$
    string HeaderValue - 512
    map HeaderParametersMap HeaderKey HeaderValue - -
    string QueryStringKey - 512 pattern [^\x00-\x1F\x7F]+
    string QueryStringValue - 512 pattern [^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+
    map QueryStringParametersMap QueryStringKey QueryStringValue - -
    structure HttpParameters PathParameterValues:PathParameterList
      HeaderParameters:HeaderParametersMap QueryStringParameters:QueryStringParametersMap
    string RedshiftSecretManagerArn 1 1600
    string Database 1 64
    string DbUser 1 128
    string Sql 1 100000 secret
    string StatementName 1 500
    list Sqls Sql 0 40
    structure RedshiftDataParameters SecretManagerArn:RedshiftSecretManagerArn
      Database:Database! DbUser:DbUser Sql:Sql StatementName:StatementName WithEvent:Boolean
      Sqls:Sqls
    string SageMakerPipelineParameterName 1 256 pattern ^[a-zA-Z0-9](-*[a-zA-Z0-9])*$
    string SageMakerPipelineParameterValue - 1024
    structure SageMakerPipelineParameter Name:SageMakerPipelineParameterName!
      Value:SageMakerPipelineParameterValue!
    list SageMakerPipelineParameterList SageMakerPipelineParameter 0 200
    structure SageMakerPipelineParameters PipelineParameterList:SageMakerPipelineParameterList
    integer MaximumRetryAttempts 0 185
    integer MaximumEventAgeInSeconds 60 86400
    structure RetryPolicy MaximumRetryAttempts:MaximumRetryAttempts
      MaximumEventAgeInSeconds:MaximumEventAgeInSeconds
    string GraphQLOperation 1 1048576 secret
    structure AppSyncParameters GraphQLOperation:GraphQLOperation
    structure Target Id:TargetId! Arn:TargetArn! RoleArn:RoleArn Input:TargetInput
      InputPath:TargetInputPath InputTransformer:InputTransformer
      KinesisParameters:KinesisParameters RunCommandParameters:RunCommandParameters
      EcsParameters:EcsParameters BatchParameters:BatchParameters SqsParameters:SqsParameters
      HttpParameters:HttpParameters RedshiftDataParameters:RedshiftDataParameters
      SageMakerPipelineParameters:SageMakerPipelineParameters DeadLetterConfig:DeadLetterConfig
      RetryPolicy:RetryPolicy AppSyncParameters:AppSyncParameters
    list TargetList Target 1 100
    operation PutTargets Rule:RuleName! EventBusName:EventBusNameOrArn Targets:TargetList!
    list TargetIdList TargetId 1 100
    operation RemoveTargets Rule:RuleName! EventBusName:EventBusNameOrArn Ids:TargetIdList!
      Force:Boolean
    operation TagResource ResourceARN:Arn! Tags:TagList!
    operation TestEventPattern EventPattern:EventPattern! Event:String!
    list TagKeyList TagKey - -
    operation UntagResource ResourceARN:Arn! TagKeys:TagKeyList!
    operation UpdateEventBus Name:EventBusName KmsKeyIdentifier:KmsKeyIdentifier
      Description:EventBusDescription DeadLetterConfig:DeadLetterConfig LogConfig:LogConfig
    string NonPartnerEventBusName 1 256 pattern [\.\-_A-Za-z0-9]+
    string Action 1 64 pattern events:[a-zA-Z]+
    string Principal 1 12 pattern (\d{12}|\*)
    string StatementId 1 64 pattern [a-zA-Z0-9-_]+
    structure Condition Type:String! Key:String! Value:String!
    operation PutPermission EventBusName:NonPartnerEventBusName Action:Action
      Principal:Principal StatementId:StatementId Condition:Condition Policy:String
    operation RemovePermission StatementId:StatementId RemoveAllPermissions:Boolean
      EventBusName:NonPartnerEventBusName
    refused ActivateEventSource CancelReplay CreateApiDestination CreateArchive CreateConnection
      CreateEndpoint CreatePartnerEventSource DeactivateEventSource DeauthorizeConnection
      DeleteApiDestination DeleteArchive DeleteConnection DeleteEndpoint
      DeletePartnerEventSource DescribeApiDestination DescribeArchive DescribeConnection
      DescribeEndpoint DescribeEventSource DescribePartnerEventSource DescribeReplay
      ListApiDestinations ListArchives ListConnections ListEndpoints ListEventSources
      ListPartnerEventSourceAccounts ListPartnerEventSources ListReplays PutPartnerEvents
      StartReplay UpdateApiDestination UpdateArchive UpdateConnection UpdateEndpoint
    """#)
}
