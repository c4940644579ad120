using System.Text.RegularExpressions;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Site.Editing;

/// <summary>The storage account that a policy uses.</summary>
/// <param name="Server">Its blob endpoint; empty for the app's own account.</param>
/// <param name="Name">Its name; empty for the app's own account.</param>
/// <param name="Key">A key of it; empty for the app's own account, which is reached as the app always reaches it.</param>
internal sealed partial record PolicyAccount(string Server, string Name, string Key)
{
    private const int MaxKey = 200;

    private static PolicyAccount Own { get; } = new("", "", "");

    /// <summary>
    /// Identifies the storage account that an administrator specified. Only Azure's own hosts are endpoints, so that nobody can make the app call
    /// machines of its network; other input would also end up in a connection string.
    /// </summary>
    /// <param name="draft">The description.</param>
    /// <param name="stored">The policy so far; null for a new one.</param>
    /// <param name="own">The app's own account.</param>
    /// <exception cref="CloudreveException">40001: the address, the name or the key is not one of a storage account. 40006: another provider.</exception>
    public static PolicyAccount Of(PolicyDraft draft, StoragePolicy? stored, StorageAccount own)
    {
        if (draft.Type == StoragePolicy.LocalType)
            return Own;
        var server = Parse(draft.Server);
        if (IsSame(server, own.BlobEndpoint))
            return Own;
        var name = NameOf(server, own.BlobEndpoint);
        if (draft.AccessKey != name)
            throw new CloudreveException(ErrorCode.BadParameter, "The access key must be the name of the storage account.");
        var key = draft.SecretKey is null or "" or PolicyDraft.HiddenSecret ? stored?.SecretKey : draft.SecretKey;
        if (string.IsNullOrEmpty(key) || key.Length > MaxKey || !Convert.TryFromBase64String(key, new byte[MaxKey], out _))
            throw new CloudreveException(ErrorCode.BadParameter, "The secret key must be a key of the storage account.");
        return new PolicyAccount(server.AbsoluteUri.TrimEnd('/'), name, key);
    }

    private static Uri Parse(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var server) && server is { Scheme: "https" or "http", UserInfo: "", Query: "", Fragment: "" }
            ? server
            : throw new CloudreveException(ErrorCode.BadParameter, "The endpoint must be the blob endpoint of a storage account.");

    private static bool IsSame(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Authority == other.Authority && one.AbsolutePath.TrimEnd('/') == other.AbsolutePath.TrimEnd('/');

    /// <summary>The account's name, which its host starts with; on the host of an emulator it is the path.</summary>
    private static string NameOf(Uri server, Uri own)
    {
        if (server.Scheme == own.Scheme && server.Authority == own.Authority && AccountPath().Match(server.AbsolutePath) is { Success: true } path)
            return path.Groups["name"].Value;
        return server is { Scheme: "https", IsDefaultPort: true, AbsolutePath: "/" } && AzureHost().Match(server.Host) is { Success: true } host
            ? host.Groups["name"].Value
            : throw new CloudreveException(
                ErrorCode.PolicyNotAllowed, "Only Azure Blob storage is supported: enter the blob endpoint of a storage account, such as https://name.blob.core.windows.net.");
    }

    [GeneratedRegex("^/(?<name>[a-z0-9]{3,24})/?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AccountPath();

    [GeneratedRegex(
        @"^(?<name>[a-z0-9]{3,24})\.(blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|z[0-9]{1,2}\.blob\.storage\.azure\.net)$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AzureHost();
}
