// Written by scripts/service-models.py from botocore 1.44.5 (Apache-2.0), the model
// of "ssm".

extension ParameterStore {
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let model = RequestModel(
    #"""
    enum ResourceTypeForTagging PatchBaseline Automation Association CloudConnector OpsItem
      Parameter ManagedInstance MaintenanceWindow OpsMetadata Document
    string TagKey 1 128 pattern ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$
    string TagValue 0 256 pattern ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$
    structure Tag Key:TagKey! Value:TagValue!
    list TagList Tag - 1000
    operation AddTagsToResource ResourceType:ResourceTypeForTagging! ResourceId:String!
      Tags:TagList!
    string PSParameterName 1 2048
    operation DeleteParameter Name:PSParameterName!
    list ParameterNameList PSParameterName 1 10
    operation DeleteParameters Names:ParameterNameList!
    enum ParametersFilterKey Type KeyId Name
    string ParametersFilterValue 1 1024
    list ParametersFilterValueList ParametersFilterValue 1 50
    structure ParametersFilter Key:ParametersFilterKey! Values:ParametersFilterValueList!
    list ParametersFilterList ParametersFilter - -
    string ParameterStringFilterKey 1 132 pattern
      ^(tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType)$
    string ParameterStringQueryOption 1 10
    string ParameterStringFilterValue 1 1024
    list ParameterStringFilterValueList ParameterStringFilterValue 1 50
    structure ParameterStringFilter Key:ParameterStringFilterKey!
      Option:ParameterStringQueryOption Values:ParameterStringFilterValueList
    list ParameterStringFilterList ParameterStringFilter - -
    integer MaxResults 1 50
    operation DescribeParameters Filters:ParametersFilterList
      ParameterFilters:ParameterStringFilterList MaxResults:MaxResults NextToken:String
      Shared:Boolean
    operation GetParameter Name:PSParameterName! WithDecryption:Boolean
    operation GetParameterHistory Name:PSParameterName! WithDecryption:Boolean
      MaxResults:MaxResults NextToken:String
    operation GetParameters Names:ParameterNameList! WithDecryption:Boolean
    integer GetParametersByPathMaxResults 1 10
    operation GetParametersByPath Path:PSParameterName! Recursive:Boolean
      ParameterFilters:ParameterStringFilterList WithDecryption:Boolean
      MaxResults:GetParametersByPathMaxResults NextToken:String
    string ParameterLabel 1 100
    list ParameterLabelList ParameterLabel 1 10
    operation LabelParameterVersion Name:PSParameterName! ParameterVersion:Integer
      Labels:ParameterLabelList!
    operation ListTagsForResource ResourceType:ResourceTypeForTagging! ResourceId:String!
    string ParameterDescription 0 1024
    string PSParameterValue - - secret
    enum ParameterType StringList String SecureString
    string ParameterKeyId 1 256 pattern ^([a-zA-Z0-9:/_-]+)$
    string AllowedPattern 0 1024
    enum ParameterTier Advanced Standard Intelligent-Tiering
    string ParameterPolicies 1 4096
    string ParameterDataType 0 128
    operation PutParameter Name:PSParameterName! Description:ParameterDescription
      Value:PSParameterValue! Type:ParameterType KeyId:ParameterKeyId Overwrite:Boolean
      AllowedPattern:AllowedPattern Tags:TagList Tier:ParameterTier Policies:ParameterPolicies
      DataType:ParameterDataType
    list KeyList TagKey - -
    operation RemoveTagsFromResource ResourceType:ResourceTypeForTagging! ResourceId:String!
      TagKeys:KeyList!
    operation UnlabelParameterVersion Name:PSParameterName! ParameterVersion:Integer!
      Labels:ParameterLabelList!
    refused AssociateOpsItemRelatedItem CancelCommand CancelMaintenanceWindowExecution
      CreateActivation CreateAssociation CreateAssociationBatch CreateCloudConnector
      CreateDocument CreateMaintenanceWindow CreateOpsItem CreateOpsMetadata CreatePatchBaseline
      CreateResourceDataSync DeleteActivation DeleteAssociation DeleteCloudConnector
      DeleteDocument DeleteInventory DeleteMaintenanceWindow DeleteOpsItem DeleteOpsMetadata
      DeletePatchBaseline DeleteResourceDataSync DeleteResourcePolicy
      DeregisterDefaultHostManagementConfiguration DeregisterManagedInstance
      DeregisterPatchBaselineForPatchGroup DeregisterTargetFromMaintenanceWindow
      DeregisterTaskFromMaintenanceWindow DescribeActivations DescribeAssociation
      DescribeAssociationExecutionTargets DescribeAssociationExecutions
      DescribeAutomationExecutions DescribeAutomationStepExecutions DescribeAvailablePatches
      DescribeDocument DescribeDocumentPermission DescribeEffectiveInstanceAssociations
      DescribeEffectivePatchesForPatchBaseline DescribeInstanceAssociationsStatus
      DescribeInstanceInformation DescribeInstancePatchStates
      DescribeInstancePatchStatesForPatchGroup DescribeInstancePatches
      DescribeInstanceProperties DescribeInventoryDeletions
      DescribeMaintenanceWindowExecutionTaskInvocations DescribeMaintenanceWindowExecutionTasks
      DescribeMaintenanceWindowExecutions DescribeMaintenanceWindowSchedule
      DescribeMaintenanceWindowTargets DescribeMaintenanceWindowTasks DescribeMaintenanceWindows
      DescribeMaintenanceWindowsForTarget DescribeOpsItems DescribePatchBaselines
      DescribePatchGroupState DescribePatchGroups DescribePatchProperties DescribeSessions
      DisassociateOpsItemRelatedItem GetAccessToken GetAutomationExecution GetCalendarState
      GetCloudConnector GetCommandInvocation GetConnectionStatus GetDefaultPatchBaseline
      GetDeployablePatchSnapshotForInstance GetDocument GetExecutionPreview GetInventory
      GetInventorySchema GetMaintenanceWindow GetMaintenanceWindowExecution
      GetMaintenanceWindowExecutionTask GetMaintenanceWindowExecutionTaskInvocation
      GetMaintenanceWindowTask GetOpsItem GetOpsMetadata GetOpsSummary GetPatchBaseline
      GetPatchBaselineForPatchGroup GetResourcePolicies GetServiceSetting
      ListAssociationVersions ListAssociations ListCloudConnectors ListCommandInvocations
      ListCommands ListComplianceItems ListComplianceSummaries ListDocumentMetadataHistory
      ListDocumentVersions ListDocuments ListInventoryEntries ListNodes ListNodesSummary
      ListOpsItemEvents ListOpsItemRelatedItems ListOpsMetadata ListResourceComplianceSummaries
      ListResourceDataSync ModifyDocumentPermission PutComplianceItems PutInventory
      PutResourcePolicy RegisterDefaultHostManagementConfiguration RegisterDefaultPatchBaseline
      RegisterPatchBaselineForPatchGroup RegisterTargetWithMaintenanceWindow
      RegisterTaskWithMaintenanceWindow ResetServiceSetting ResumeSession SendAutomationSignal
      SendCommand StartAccessRequest StartAssociationsOnce StartAutomationExecution
      StartChangeRequestExecution StartExecutionPreview StartSession StopAutomationExecution
      TerminateSession UpdateAssociation UpdateAssociationStatus UpdateCloudConnector
      UpdateDocument UpdateDocumentDefaultVersion UpdateDocumentMetadata UpdateMaintenanceWindow
      UpdateMaintenanceWindowTarget UpdateMaintenanceWindowTask UpdateManagedInstanceRole
      UpdateOpsItem UpdateOpsMetadata UpdatePatchBaseline UpdateResourceDataSync
      UpdateServiceSetting ValidateCloudConnector
    capitalized AccessDeniedException AlreadyExistsException AssociationDoesNotExist
      AssociationExecutionDoesNotExist AssociationVersionLimitExceeded
      AutomationDefinitionNotApprovedException AutomationDefinitionNotFoundException
      AutomationDefinitionVersionNotFoundException AutomationExecutionLimitExceededException
      AutomationExecutionNotFoundException AutomationStepNotFoundException
      ComplianceTypeCountLimitExceededException ConflictException
      CustomSchemaCountLimitExceededException DocumentAlreadyExists DocumentLimitExceeded
      DocumentPermissionLimit DocumentVersionLimitExceeded DoesNotExistException
      DuplicateDocumentContent DuplicateDocumentVersionName FeatureNotAvailableException
      IdempotentParameterMismatch InternalServerError InvalidActivation InvalidActivationId
      InvalidAggregatorException InvalidAssociation InvalidAssociationVersion
      InvalidAutomationExecutionParametersException InvalidAutomationSignalException
      InvalidAutomationStatusUpdateException InvalidDeleteInventoryParametersException
      InvalidDeletionIdException InvalidDocument InvalidDocumentContent InvalidDocumentOperation
      InvalidDocumentSchemaVersion InvalidDocumentType InvalidDocumentVersion InvalidFilter
      InvalidFilterValue InvalidInstanceId InvalidInventoryGroupException
      InvalidInventoryItemContextException InvalidInventoryRequestException
      InvalidItemContentException InvalidNextToken InvalidNotificationConfig
      InvalidOptionException InvalidParameters InvalidPermissionType
      InvalidResultAttributeException InvalidRole InvalidSchedule InvalidTag InvalidTarget
      InvalidTargetMaps InvalidTypeNameException InvalidUpdate ItemContentMismatchException
      ItemSizeLimitExceededException MalformedResourcePolicyDocumentException
      MaxDocumentSizeExceeded NoLongerSupportedException OpsItemAccessDeniedException
      OpsItemAlreadyExistsException OpsItemConflictException OpsItemInvalidParameterException
      OpsItemLimitExceededException OpsItemNotFoundException
      OpsItemRelatedItemAlreadyExistsException OpsItemRelatedItemAssociationNotFoundException
      ResourceDataSyncConflictException ResourceDataSyncCountExceededException
      ResourceDataSyncInvalidConfigurationException ResourceDataSyncNotFoundException
      ResourceInUseException ResourceLimitExceededException ResourceNotFoundException
      ResourcePolicyConflictException ResourcePolicyInvalidParameterException
      ResourcePolicyLimitExceededException ResourcePolicyNotFoundException
      ServiceQuotaExceededException ServiceSettingNotFound SubTypeCountLimitExceededException
      TargetInUseException TargetNotConnected ThrottlingException TooManyUpdates
      TotalSizeLimitExceededException UnsupportedCalendarException
      UnsupportedFeatureRequiredException UnsupportedInventoryItemContextException
      UnsupportedInventorySchemaVersionException UnsupportedOperatingSystem
      UnsupportedOperationException UnsupportedPlatformType ValidationException
    """#)
}
