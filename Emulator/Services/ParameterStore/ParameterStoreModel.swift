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
    """#)
}
