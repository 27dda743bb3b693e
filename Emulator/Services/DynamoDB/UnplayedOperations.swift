/// Operations of the service that are not played: known by name, so that the refusal can say so.
enum UnplayedOperations {
  /// Source: the service model 2012-08-10 and DynamoDB Streams 2012-08-10.
  private static let names: Set<String> = [
    "CancelBulkOperation", "CreateBackup", "CreateGlobalTable", "DeleteBackup",
    "DeleteResourcePolicy", "DescribeBackup", "DescribeBulkOperation",
    "DescribeContributorInsights", "DescribeExport", "DescribeGlobalTable",
    "DescribeGlobalTableSettings", "DescribeImport", "DescribeKinesisStreamingDestination",
    "DescribeTableReplicaAutoScaling", "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination", "ExportTableToPointInTime", "GetResourcePolicy",
    "ImportTable", "ListBackups", "ListBulkOperations", "ListContributorInsights", "ListExports",
    "ListGlobalTables", "ListImports", "PutResourcePolicy", "RestoreTableFromBackup",
    "RestoreTableToPointInTime", "SearchVectors", "StartBulkPutItems", "UpdateContinuousBackups",
    "UpdateContributorInsights", "UpdateGlobalTable", "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination", "UpdateTableReplicaAutoScaling",
  ]

  /// What a request for an operation that is not there is told. The service has no text of its own for
  /// names that it does not know.
  static func error(for operation: String) -> DynamoDBError {
    DynamoDBError(
      .unknownOperation,
      names.contains(operation)
        ? "martlet's DynamoDB does not play the operation \(operation)." : "")
  }
}
