namespace Cloudreve.Core.Identity;

/// <summary>Scopes of tokens that are issued to OAuth clients (contract, section 7).</summary>
public static class OAuthScopes
{
    /// <summary>Stands for no scope in particular: every valid token will do.</summary>
    public const string Any = "";

    /// <summary>Reads the own account.</summary>
    public const string UserInfoRead = "UserInfo.Read";

    /// <summary>Changes the own account, except what protects it.</summary>
    public const string UserInfoWrite = "UserInfo.Write";

    /// <summary>Changes what protects the own account: password, second factor and passkeys.</summary>
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

    /// <summary>Allows a token to be refreshed.</summary>
    public const string OfflineAccess = "offline_access";

    /// <summary>Whether granted scopes hold a demanded one; the right to write includes the right to read.</summary>
    /// <param name="granted">What was granted.</param>
    /// <param name="demanded">What is demanded.</param>
    public static bool Cover(IReadOnlySet<string> granted, string demanded)
    {
        const string Read = ".Read";
        return demanded == Any
            || granted.Contains(demanded)
            || (demanded.EndsWith(Read, StringComparison.Ordinal) && granted.Contains(demanded[..^Read.Length] + ".Write"));
    }
}
