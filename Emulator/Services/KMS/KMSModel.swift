// Written by scripts/service-models.py from botocore 1.44.5 (Apache-2.0), the model
// of "kms".

extension KMS {
  /// What the service demands of each member of each request, one shape a line; `!` marks a member
  /// that must be there, `- -` an open range.
  static let model = RequestModel(
    #"""
    string KeyIdType 1 2048
    operation CancelKeyDeletion KeyId:KeyIdType!
    string AliasNameType 1 256 pattern ^[a-zA-Z0-9:/_-]+$
    operation CreateAlias AliasName:AliasNameType! TargetKeyId:KeyIdType!
    string PrincipalIdType 1 256 pattern ^[\w+=,.@:/-]+$
    enum GrantOperation GenerateDataKey Decrypt DeriveSharedSecret Decapsulate DescribeKey
      Encapsulate GenerateDataKeyPair VerifyMac CreateGrant Encrypt ReEncryptFrom ReEncryptTo
      GetPublicKey GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext
      RetireGrant GenerateMac Sign Verify
    list GrantOperationList GrantOperation - -
    map EncryptionContextType String String - -
    string GrantConstraintSourceArnType 20 512 pattern
      ^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$
    structure GrantConstraints EncryptionContextSubset:EncryptionContextType
      EncryptionContextEquals:EncryptionContextType SourceArn:GrantConstraintSourceArnType
    string GrantTokenType 1 8192
    list GrantTokenList GrantTokenType 0 10
    string GrantNameType 1 256 pattern ^[a-zA-Z0-9:/_-]+$
    string ServicePrincipalType 1 128 pattern
      ^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$
    operation CreateGrant KeyId:KeyIdType! GranteePrincipal:PrincipalIdType
      RetiringPrincipal:PrincipalIdType Operations:GrantOperationList!
      Constraints:GrantConstraints GrantTokens:GrantTokenList Name:GrantNameType DryRun:Boolean
      GranteeServicePrincipal:ServicePrincipalType RetiringServicePrincipal:ServicePrincipalType
    string PolicyType 1 131072 pattern [\u0009\u000A\u000D\u0020-\u00FF]+
    string DescriptionType 0 8192
    enum KeyUsageType KEY_AGREEMENT GENERATE_VERIFY_MAC ENCAPSULATE_DECAPSULATE SIGN_VERIFY
      ENCRYPT_DECRYPT
    enum CustomerMasterKeySpec HMAC_256 RSA_2048 HMAC_512 HMAC_224 HMAC_384 RSA_3072
      ECC_SECG_P256K1 SM2 ECC_NIST_P256 SYMMETRIC_DEFAULT RSA_4096 ECC_NIST_P521 ECC_NIST_P384
    enum KeySpec HMAC_256 RSA_2048 HMAC_512 ECC_NIST_EDWARDS25519 HMAC_224 HMAC_384 RSA_3072
      ML_DSA_65 ML_DSA_87 ML_KEM_1024 ML_DSA_44 ML_KEM_512 ECC_SECG_P256K1 SM2 ECC_NIST_P256
      SYMMETRIC_DEFAULT RSA_4096 ECC_NIST_P521 ECC_NIST_P384 ML_KEM_768
    enum OriginType AWS_CLOUDHSM EXTERNAL EXTERNAL_KEY_STORE AWS_KMS
    string CustomKeyStoreIdType 1 64
    string TagKeyType 1 128
    string TagValueType 0 256
    structure Tag TagKey:TagKeyType! TagValue:TagValueType!
    list TagList Tag - -
    string XksKeyIdType 1 128 pattern ^[a-zA-Z0-9-_.]+$
    operation CreateKey Policy:PolicyType Description:DescriptionType KeyUsage:KeyUsageType
      CustomerMasterKeySpec:CustomerMasterKeySpec KeySpec:KeySpec Origin:OriginType
      CustomKeyStoreId:CustomKeyStoreIdType BypassPolicyLockoutSafetyCheck:Boolean Tags:TagList
      MultiRegion:Boolean XksKeyId:XksKeyIdType
    blob CiphertextType 1 6144
    enum EncryptionAlgorithmSpec SM2PKE SYMMETRIC_DEFAULT RSAES_OAEP_SHA_256 RSAES_OAEP_SHA_1
    enum KeyEncryptionMechanism RSAES_OAEP_SHA_256
    blob AttestationDocumentType 1 262144
    structure RecipientInfo KeyEncryptionAlgorithm:KeyEncryptionMechanism
      AttestationDocument:AttestationDocumentType
    enum DryRunModifierType IGNORE_CIPHERTEXT
    list DryRunModifierList DryRunModifierType - -
    operation Decrypt CiphertextBlob:CiphertextType EncryptionContext:EncryptionContextType
      GrantTokens:GrantTokenList KeyId:KeyIdType EncryptionAlgorithm:EncryptionAlgorithmSpec
      Recipient:RecipientInfo DryRun:Boolean DryRunModifiers:DryRunModifierList
    operation DeleteAlias AliasName:AliasNameType!
    operation DescribeKey KeyId:KeyIdType! GrantTokens:GrantTokenList
    operation DisableKey KeyId:KeyIdType!
    operation DisableKeyRotation KeyId:KeyIdType!
    operation EnableKey KeyId:KeyIdType!
    integer RotationPeriodInDaysType 90 2560
    operation EnableKeyRotation KeyId:KeyIdType! RotationPeriodInDays:RotationPeriodInDaysType
    blob PlaintextType 1 4096
    operation Encrypt KeyId:KeyIdType! Plaintext:PlaintextType!
      EncryptionContext:EncryptionContextType GrantTokens:GrantTokenList
      EncryptionAlgorithm:EncryptionAlgorithmSpec DryRun:Boolean
    integer NumberOfBytesType 1 1024
    enum DataKeySpec AES_256 AES_128
    operation GenerateDataKey KeyId:KeyIdType! EncryptionContext:EncryptionContextType
      NumberOfBytes:NumberOfBytesType KeySpec:DataKeySpec GrantTokens:GrantTokenList
      Recipient:RecipientInfo DryRun:Boolean
    enum DataKeyPairSpec RSA_2048 RSA_3072 ML_KEM_1024 ECC_NIST_EDWARDS25519 ML_KEM_512
      ECC_SECG_P256K1 SM2 ECC_NIST_P256 RSA_4096 ECC_NIST_P521 ECC_NIST_P384 ML_KEM_768
    operation GenerateDataKeyPair EncryptionContext:EncryptionContextType KeyId:KeyIdType!
      KeyPairSpec:DataKeyPairSpec! GrantTokens:GrantTokenList Recipient:RecipientInfo
      DryRun:Boolean
    operation GenerateDataKeyPairWithoutPlaintext EncryptionContext:EncryptionContextType
      KeyId:KeyIdType! KeyPairSpec:DataKeyPairSpec! GrantTokens:GrantTokenList DryRun:Boolean
    operation GenerateDataKeyWithoutPlaintext KeyId:KeyIdType!
      EncryptionContext:EncryptionContextType KeySpec:DataKeySpec
      NumberOfBytes:NumberOfBytesType GrantTokens:GrantTokenList DryRun:Boolean
    enum MacAlgorithmSpec HMAC_SHA_384 HMAC_SHA_256 HMAC_SHA_224 HMAC_SHA_512
    operation GenerateMac Message:PlaintextType! KeyId:KeyIdType! MacAlgorithm:MacAlgorithmSpec!
      GrantTokens:GrantTokenList DryRun:Boolean
    operation GenerateRandom NumberOfBytes:NumberOfBytesType
      CustomKeyStoreId:CustomKeyStoreIdType Recipient:RecipientInfo
    string PolicyNameType 1 128 pattern [\w]+
    operation GetKeyPolicy KeyId:KeyIdType! PolicyName:PolicyNameType
    operation GetKeyRotationStatus KeyId:KeyIdType!
    operation GetPublicKey KeyId:KeyIdType! GrantTokens:GrantTokenList
    integer LimitType 1 1000
    string MarkerType 1 1024 pattern [\u0020-\u00FF]*
    operation ListAliases KeyId:KeyIdType Limit:LimitType Marker:MarkerType
    string GrantIdType 1 128
    operation ListGrants Limit:LimitType Marker:MarkerType KeyId:KeyIdType! GrantId:GrantIdType
      GranteePrincipal:PrincipalIdType GranteeServicePrincipal:ServicePrincipalType
    operation ListKeyPolicies KeyId:KeyIdType! Limit:LimitType Marker:MarkerType
    enum IncludeKeyMaterial ROTATIONS_ONLY ALL_KEY_MATERIAL
    operation ListKeyRotations KeyId:KeyIdType! IncludeKeyMaterial:IncludeKeyMaterial
      Limit:LimitType Marker:MarkerType
    enum ResourceOwnerType OTHER_ACCOUNTS_VIA_RAM SELF
    list ResourceOwnersList ResourceOwnerType 1 2
    operation ListKeys Limit:LimitType Marker:MarkerType ResourceOwners:ResourceOwnersList
    operation ListResourceTags KeyId:KeyIdType! Limit:LimitType Marker:MarkerType
    operation ListRetirableGrants Limit:LimitType Marker:MarkerType
      RetiringPrincipal:PrincipalIdType RetiringServicePrincipal:ServicePrincipalType
    operation PutKeyPolicy KeyId:KeyIdType! PolicyName:PolicyNameType Policy:PolicyType!
      BypassPolicyLockoutSafetyCheck:Boolean
    operation ReEncrypt CiphertextBlob:CiphertextType
      SourceEncryptionContext:EncryptionContextType SourceKeyId:KeyIdType
      DestinationKeyId:KeyIdType! DestinationEncryptionContext:EncryptionContextType
      SourceEncryptionAlgorithm:EncryptionAlgorithmSpec
      DestinationEncryptionAlgorithm:EncryptionAlgorithmSpec GrantTokens:GrantTokenList
      DryRun:Boolean DryRunModifiers:DryRunModifierList
    operation RetireGrant GrantToken:GrantTokenType KeyId:KeyIdType GrantId:GrantIdType
      DryRun:Boolean
    operation RevokeGrant KeyId:KeyIdType! GrantId:GrantIdType! DryRun:Boolean
    operation RotateKeyOnDemand KeyId:KeyIdType!
    integer PendingWindowInDaysType 1 365
    operation ScheduleKeyDeletion KeyId:KeyIdType! PendingWindowInDays:PendingWindowInDaysType
    enum MessageType EXTERNAL_MU RAW DIGEST
    enum SigningAlgorithmSpec ECDSA_SHA_384 RSASSA_PKCS1_V1_5_SHA_384 ECDSA_SHA_256
      ECDSA_SHA_512 RSASSA_PSS_SHA_512 RSASSA_PKCS1_V1_5_SHA_512 ED25519_PH_SHA_512 SM2DSA
      RSASSA_PSS_SHA_256 RSASSA_PKCS1_V1_5_SHA_256 RSASSA_PSS_SHA_384 ML_DSA_SHAKE_256
      ED25519_SHA_512
    operation Sign KeyId:KeyIdType! Message:PlaintextType! MessageType:MessageType
      GrantTokens:GrantTokenList SigningAlgorithm:SigningAlgorithmSpec! DryRun:Boolean
    operation TagResource KeyId:KeyIdType! Tags:TagList!
    list TagKeyList TagKeyType - -
    operation UntagResource KeyId:KeyIdType! TagKeys:TagKeyList!
    operation UpdateAlias AliasName:AliasNameType! TargetKeyId:KeyIdType!
    operation UpdateKeyDescription KeyId:KeyIdType! Description:DescriptionType!
    operation Verify KeyId:KeyIdType! Message:PlaintextType! MessageType:MessageType
      Signature:CiphertextType! SigningAlgorithm:SigningAlgorithmSpec!
      GrantTokens:GrantTokenList DryRun:Boolean
    operation VerifyMac Message:PlaintextType! KeyId:KeyIdType! MacAlgorithm:MacAlgorithmSpec!
      Mac:CiphertextType! GrantTokens:GrantTokenList DryRun:Boolean
    refused ConnectCustomKeyStore CreateCustomKeyStore Decapsulate DeleteCustomKeyStore
      DeleteImportedKeyMaterial DeriveSharedSecret DescribeCustomKeyStores
      DisconnectCustomKeyStore Encapsulate GetKeyLastUsage GetParametersForImport
      ImportKeyMaterial ReplicateKey UpdateCustomKeyStore UpdatePrimaryRegion
    """#)
}
