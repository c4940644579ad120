namespace Cloudreve.Core.Accounts;

/// <summary>Scopes of tokens that are issued to OAuth clients (contract, section 7).</summary>
public static class OAuthScopes
{
    /// <summary>No particular scope: every valid token is accepted.</summary>
    public const string Any = "";

    /// <summary>Identifies the user; every consent includes it.</summary>
    public const string OpenId = "openid";

    /// <summary>Reads name and picture.</summary>
    public const string Profile = "profile";

    /// <summary>Reads the mail address.</summary>
    public const string Email = "email";

    /// <summary>Reads the own account.</summary>
    public const string UserInfoRead = "UserInfo.Read";

    /// <summary>Changes the own account, except its security.</summary>
    public const string UserInfoWrite = "UserInfo.Write";

    /// <summary>Reads the security settings of the own account.</summary>
    public const string UserSecurityInfoRead = "UserSecurityInfo.Read";

    /// <summary>Changes the security settings of the own account: password, second factor and passkeys.</summary>
    public const string UserSecurityInfoWrite = "UserSecurityInfo.Write";

    /// <summary>Reads points and payments.</summary>
    public const string FinanceRead = "Finance.Read";

    /// <summary>Reads files.</summary>
    public const string FilesRead = "Files.Read";

    /// <summary>Changes files.</summary>
    public const string FilesWrite = "Files.Write";

    /// <summary>Reads tasks.</summary>
    public const string WorkflowRead = "Workflow.Read";

    /// <summary>Creates and changes tasks.</summary>
    public const string WorkflowWrite = "Workflow.Write";

    /// <summary>Reads share links.</summary>
    public const string SharesRead = "Shares.Read";

    /// <summary>Creates and changes share links.</summary>
    public const string SharesWrite = "Shares.Write";

    /// <summary>Buys and redeems.</summary>
    public const string FinanceWrite = "Finance.Write";

    /// <summary>Reads WebDAV accounts.</summary>
    public const string DavAccountRead = "DavAccount.Read";

    /// <summary>Creates and changes WebDAV accounts.</summary>
    public const string DavAccountWrite = "DavAccount.Write";

    /// <summary>Reads the administration's data.</summary>
    public const string AdminRead = "Admin.Read";

    /// <summary>The rights of administrators.</summary>
    public const string AdminWrite = "Admin.Write";

    /// <summary>Allows a token to be refreshed.</summary>
    public const string OfflineAccess = "offline_access";

    /// <summary>All scopes.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        OpenId, Profile, Email, OfflineAccess, UserInfoRead, UserInfoWrite, UserSecurityInfoRead, UserSecurityInfoWrite, WorkflowRead, WorkflowWrite,
        AdminRead, AdminWrite, FilesRead, FilesWrite, SharesRead, SharesWrite, FinanceRead, FinanceWrite, DavAccountRead, DavAccountWrite,
    ];

    /// <summary>Checks whether granted scopes include a required one; the right to write includes the right to read.</summary>
    /// <param name="granted">The granted scopes.</param>
    /// <param name="demanded">The required scope.</param>
    public static bool Cover(IReadOnlySet<string> granted, string demanded)
    {
        const string Read = ".Read";
        return demanded == Any
            || granted.Contains(demanded)
            || (demanded.EndsWith(Read, StringComparison.Ordinal) && granted.Contains(demanded[..^Read.Length] + ".Write"));
    }
}
