namespace Cloudreve.Core.Infrastructure.Errors;

/// <summary>Numeric results of API calls (contract, section 2).</summary>
public enum ErrorCode
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>An error without a code of its own.</summary>
    UnsetError = -1,

    /// <summary>Not a failure: another step is needed.</summary>
    Continue = 203,

    /// <summary>The caller must sign in.</summary>
    LoginRequired = 401,

    /// <summary>The caller may not do this.</summary>
    NoPermission = 403,

    /// <summary>The requested object does not exist.</summary>
    NotFound = 404,

    /// <summary>The object changed before its lock was taken.</summary>
    Conflict = 409,

    /// <summary>Too many requests at once; the same request may be repeated shortly.</summary>
    TooManyRequests = 429,

    /// <summary>The request is malformed.</summary>
    BadParameter = 40001,

    /// <summary>The upload failed.</summary>
    UploadFailed = 40002,

    /// <summary>The folder could not be created.</summary>
    FolderCreationFailed = 40003,

    /// <summary>An object of that name exists.</summary>
    ObjectExists = 40004,

    /// <summary>The signature has expired.</summary>
    SignatureExpired = 40005,

    /// <summary>The storage policy does not allow this.</summary>
    PolicyNotAllowed = 40006,

    /// <summary>The caller's group does not allow this.</summary>
    GroupNotAllowed = 40007,

    /// <summary>Only administrators may do this.</summary>
    AdminGroupRequired = 40008,

    /// <summary>The upload session does not exist or has expired.</summary>
    UploadSessionExpired = 40011,

    /// <summary>The chunk index is out of range.</summary>
    BadChunkIndex = 40012,

    /// <summary>The content length is not the expected one.</summary>
    BadContentLength = 40013,

    /// <summary>Too many direct links at once.</summary>
    TooManyDirectLinks = 40014,

    /// <summary>Too many remote downloads at once.</summary>
    TooManyDownloads = 40015,

    /// <summary>The path or its parent does not exist.</summary>
    PathNotFound = 40016,

    /// <summary>The account is banned.</summary>
    UserBanned = 40017,

    /// <summary>The account is not activated.</summary>
    UserInactive = 40018,

    /// <summary>The feature is switched off.</summary>
    FeatureDisabled = 40019,

    /// <summary>The credential is invalid.</summary>
    CredentialInvalid = 40020,

    /// <summary>The user does not exist.</summary>
    UserNotFound = 40021,

    /// <summary>The second factor is wrong.</summary>
    WrongTwoFactorCode = 40022,

    /// <summary>The login session does not exist.</summary>
    LoginSessionMissing = 40023,

    /// <summary>The passkey ceremony could not start.</summary>
    WebAuthnInitFailed = 40024,

    /// <summary>The passkey is invalid.</summary>
    WebAuthnInvalid = 40025,

    /// <summary>The captcha is wrong.</summary>
    CaptchaWrong = 40026,

    /// <summary>The captcha must be refreshed.</summary>
    CaptchaRefresh = 40027,

    /// <summary>The mail could not be sent.</summary>
    MailFailed = 40028,

    /// <summary>The temporary link is invalid.</summary>
    BadTemporaryLink = 40029,

    /// <summary>The temporary link has expired.</summary>
    TemporaryLinkExpired = 40030,

    /// <summary>The mail provider is not allowed.</summary>
    MailProviderBanned = 40031,

    /// <summary>The mail address is in use.</summary>
    MailInUse = 40032,

    /// <summary>The activation mail was sent again.</summary>
    ActivationMailSent = 40033,

    /// <summary>The account cannot be activated.</summary>
    UserCannotBeActivated = 40034,

    /// <summary>The storage policy does not exist.</summary>
    PolicyNotFound = 40035,

    /// <summary>The default policy cannot be deleted.</summary>
    DefaultPolicyProtected = 40036,

    /// <summary>The policy still holds blobs.</summary>
    PolicyHoldsBlobs = 40037,

    /// <summary>The policy is bound to groups.</summary>
    PolicyBoundToGroups = 40038,

    /// <summary>The group does not exist.</summary>
    GroupNotFound = 40039,

    /// <summary>The system group is protected.</summary>
    SystemGroupProtected = 40040,

    /// <summary>The group is in use.</summary>
    GroupInUse = 40041,

    /// <summary>The first user's group is fixed.</summary>
    FirstUserGroupFixed = 40042,

    /// <summary>The first user is protected.</summary>
    FirstUserProtected = 40043,

    /// <summary>The file does not exist.</summary>
    FileNotFound = 40044,

    /// <summary>The listing failed.</summary>
    ListingFailed = 40045,

    /// <summary>The system node is protected.</summary>
    SystemNodeProtected = 40046,

    /// <summary>The file system could not be opened.</summary>
    FileSystemInitFailed = 40047,

    /// <summary>The task could not be created.</summary>
    TaskCreationFailed = 40048,

    /// <summary>The file is too large.</summary>
    FileTooLarge = 40049,

    /// <summary>The file type is not allowed.</summary>
    FileTypeRefused = 40050,

    /// <summary>The storage quota is exceeded.</summary>
    QuotaExceeded = 40051,

    /// <summary>The name is not allowed.</summary>
    IllegalName = 40052,

    /// <summary>The root folder is protected.</summary>
    RootProtected = 40053,

    /// <summary>A file of that name is being uploaded.</summary>
    NameBeingUploaded = 40054,

    /// <summary>The stored size or metadata differs from what was announced.</summary>
    MetadataMismatch = 40055,

    /// <summary>The archive type is not supported.</summary>
    ArchiveTypeUnsupported = 40056,

    /// <summary>The storage policy has changed.</summary>
    PolicyChanged = 40057,

    /// <summary>The share link does not exist.</summary>
    ShareNotFound = 40058,

    /// <summary>The caller's own share cannot be saved.</summary>
    OwnShare = 40059,

    /// <summary>The versions differ.</summary>
    VersionMismatch = 40061,

    /// <summary>Not enough credit.</summary>
    NotEnoughCredit = 40062,

    /// <summary>The account is linked with another identity of the provider.</summary>
    OpenIdBound = 40066,

    /// <summary>The identity is linked with another account.</summary>
    OpenIdBoundElsewhere = 40067,

    /// <summary>The identity is linked with no account.</summary>
    OpenIdNotLinked = 40068,

    /// <summary>The password is wrong.</summary>
    WrongPassword = 40069,

    /// <summary>The signature is wrong.</summary>
    BadSignature = 40071,

    /// <summary>The object is locked.</summary>
    LockConflict = 40073,

    /// <summary>Too many URIs in one request.</summary>
    TooManyUris = 40074,

    /// <summary>The lock token has expired.</summary>
    LockTokenExpired = 40075,

    /// <summary>The version is stale.</summary>
    StaleVersion = 40076,

    /// <summary>The blob does not exist.</summary>
    BlobNotFound = 40077,

    /// <summary>The file is in the trash.</summary>
    FileInTrash = 40078,

    /// <summary>The walk limit is reached.</summary>
    WalkLimitReached = 40079,

    /// <summary>The mail address or password is wrong.</summary>
    LoginFailed = 40080,

    /// <summary>Some items of the batch failed.</summary>
    BatchPartlyFailed = 40081,

    /// <summary>Only the owner may do this.</summary>
    OwnerOnly = 40082,

    /// <summary>An account without password needs an identity of a provider.</summary>
    ManagedAccount = 40084,

    /// <summary>Anonymous callers may not do this.</summary>
    AnonymousNotAllowed = 40088,

    /// <summary>The token lacks a scope.</summary>
    ScopeMissing = 40089,

    /// <summary>The metadata store failed.</summary>
    DatabaseError = 50001,

    /// <summary>Encryption failed.</summary>
    EncryptionError = 50002,

    /// <summary>Reading or writing failed.</summary>
    IoError = 50004,

    /// <summary>An internal setting is missing.</summary>
    InternalSetting = 50005,

    /// <summary>The cache failed.</summary>
    CacheError = 50006,

    /// <summary>The rules that let browsers reach a storage provider could not be set.</summary>
    CorsSetup = 50009,
}
