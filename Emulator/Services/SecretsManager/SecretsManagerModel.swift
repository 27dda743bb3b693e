// Written by scripts/service-models.py from botocore 1.44.5 (Apache-2.0), the model
// of "secretsmanager".

extension SecretsManager {
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let model = RequestModel(
    #"""
    string SecretIdType 1 2048
    list SecretIdListType SecretIdType 1 20
    enum FilterNameStringType owning-service all tag-value primary-region tag-key name
      description
    string FilterValueStringType - 512
    list FilterValuesStringList FilterValueStringType 1 10
    structure Filter Key:FilterNameStringType Values:FilterValuesStringList
    list FiltersListType Filter - 10
    integer MaxResultsBatchType 1 20
    string NextTokenType 1 4096
    operation BatchGetSecretValue SecretIdList:SecretIdListType Filters:FiltersListType
      MaxResults:MaxResultsBatchType NextToken:NextTokenType
    operation CancelRotateSecret SecretId:SecretIdType!
    string NameType 1 512
    string ClientRequestTokenType 32 64
    string DescriptionType - 2048
    string KmsKeyIdType 0 2048
    blob SecretBinaryType 1 65536
    string SecretStringType 1 65536 secret
    string TagKeyType 1 128
    string TagValueType 0 256
    structure Tag Key:TagKeyType Value:TagValueType
    list TagListType Tag - -
    string RegionType 1 128 pattern ^([a-z]+-)+\d+$
    structure ReplicaRegionType Region:RegionType KmsKeyId:KmsKeyIdType
    list AddReplicaRegionListType ReplicaRegionType 1 -
    string MedeaTypeType 0 256
    string SecretARNType 20 2048
    operation CreateSecret Name:NameType! ClientRequestToken:ClientRequestTokenType
      Description:DescriptionType KmsKeyId:KmsKeyIdType SecretBinary:SecretBinaryType
      SecretString:SecretStringType Tags:TagListType AddReplicaRegions:AddReplicaRegionListType
      ForceOverwriteReplicaSecret:Boolean Type:MedeaTypeType
      CrossAccountPrimaryARN:SecretARNType
    string ResourcePolicyNameType 1 64 pattern [0-9A-Za-z\-\_]+
    operation DeleteResourcePolicy SecretId:SecretIdType! PolicyName:ResourcePolicyNameType
    operation DeleteSecret SecretId:SecretIdType! RecoveryWindowInDays:Integer
      ForceDeleteWithoutRecovery:Boolean
    operation DescribeSecret SecretId:SecretIdType!
    integer PasswordLengthType 1 4096
    string ExcludeCharactersType 0 4096
    operation GetRandomPassword PasswordLength:PasswordLengthType
      ExcludeCharacters:ExcludeCharactersType ExcludeNumbers:Boolean ExcludePunctuation:Boolean
      ExcludeUppercase:Boolean ExcludeLowercase:Boolean IncludeSpace:Boolean
      RequireEachIncludedType:Boolean
    operation GetResourcePolicy SecretId:SecretIdType! PolicyName:ResourcePolicyNameType
    string SecretVersionIdType 32 64
    string SecretVersionStageType 1 256
    operation GetSecretValue SecretId:SecretIdType! VersionId:SecretVersionIdType
      VersionStage:SecretVersionStageType
    integer MaxResultsType 1 100
    operation ListSecretVersionIds SecretId:SecretIdType! MaxResults:MaxResultsType
      NextToken:NextTokenType IncludeDeprecated:Boolean
    enum SortOrderType asc desc
    enum SortByType last-accessed-date last-changed-date name created-date
    operation ListSecrets IncludePlannedDeletion:Boolean MaxResults:MaxResultsType
      NextToken:NextTokenType Filters:FiltersListType SortOrder:SortOrderType SortBy:SortByType
    string NonEmptyResourcePolicyType 1 20480
    operation PutResourcePolicy SecretId:SecretIdType!
      ResourcePolicy:NonEmptyResourcePolicyType! PolicyName:ResourcePolicyNameType
      BlockPublicPolicy:Boolean
    list SecretVersionStagesType SecretVersionStageType 1 20
    string RotationTokenType 36 256 secret pattern ^[a-zA-Z0-9\-]+$
    operation PutSecretValue SecretId:SecretIdType! ClientRequestToken:ClientRequestTokenType
      SecretBinary:SecretBinaryType SecretString:SecretStringType
      VersionStages:SecretVersionStagesType RotationToken:RotationTokenType
    operation RestoreSecret SecretId:SecretIdType!
    string RotationLambdaARNType 0 2048
    integer AutomaticallyRotateAfterDaysType 1 1000
    string DurationType 2 3 pattern [0-9]+h
    string ScheduleExpressionType 1 256
    structure RotationRulesType AutomaticallyAfterDays:AutomaticallyRotateAfterDaysType
      Duration:DurationType ScheduleExpression:ScheduleExpressionType
    string ExternalSecretRotationMetadataItemKeyType 1 256
    string ExternalSecretRotationMetadataItemValueType 1 2048
    structure ExternalSecretRotationMetadataItem Key:ExternalSecretRotationMetadataItemKeyType
      Value:ExternalSecretRotationMetadataItemValueType
    list ExternalSecretRotationMetadataType ExternalSecretRotationMetadataItem - -
    string RoleARNType 20 2048
    operation RotateSecret SecretId:SecretIdType! ClientRequestToken:ClientRequestTokenType
      RotationLambdaARN:RotationLambdaARNType RotationRules:RotationRulesType
      ExternalSecretRotationMetadata:ExternalSecretRotationMetadataType
      ExternalSecretRotationRoleArn:RoleARNType RotateImmediately:Boolean
    operation TagResource SecretId:SecretIdType! Tags:TagListType!
    list TagKeyListType TagKeyType - -
    operation UntagResource SecretId:SecretIdType! TagKeys:TagKeyListType!
    operation UpdateSecret SecretId:SecretIdType! ClientRequestToken:ClientRequestTokenType
      Description:DescriptionType KmsKeyId:KmsKeyIdType SecretBinary:SecretBinaryType
      SecretString:SecretStringType Type:MedeaTypeType
    operation UpdateSecretVersionStage SecretId:SecretIdType!
      VersionStage:SecretVersionStageType! RemoveFromVersionId:SecretVersionIdType
      MoveToVersionId:SecretVersionIdType
    refused AssociateCrossAccountReplica DisassociateCrossAccountReplica ListResourcePolicies
      RemoveRegionsFromReplication ReplicateSecretToRegions StopReplicationToReplica
      ValidateResourcePolicy
    capitalized DecryptionFailure EncryptionFailure InternalServiceError
      InvalidNextTokenException InvalidParameterException InvalidRequestException
      LimitExceededException MalformedPolicyDocumentException PreconditionNotMetException
      PublicPolicyException ResourceExistsException ResourceNotFoundException
    """#)
}
