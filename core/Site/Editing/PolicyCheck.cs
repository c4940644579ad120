using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Site.Editing;

/// <summary>Requirements for a storage policy, so that files can be stored and found again.</summary>
internal static partial class PolicyCheck
{
    private const int MaxDirRule = 500;
    private const int MaxFileRule = 250;
    private const int MaxAddress = 2_000;
    private const int MaxConcurrency = 100;

    // All settings are in one property of a row, which holds 32 K characters.
    private const int MaxSettings = 30_000;

    private static readonly string[] s_otherProviders = ["remote", "oss", "qiniu", "onedrive", "cos", "upyun", "ks3", "obs", "load_balance"];

    /// <summary>Throws unless storage of a type is supported.</summary>
    /// <exception cref="CloudreveException">40006 for a provider that is not implemented, 40001 for an unknown one.</exception>
    public static void CheckType(string? type)
    {
        if (s_otherProviders.Contains(type))
            throw new CloudreveException(ErrorCode.PolicyNotAllowed, $"Storage policies of the type '{type}' are not supported.");
        if (type is not (StoragePolicy.LocalType or StoragePolicy.S3Type))
            throw new CloudreveException(ErrorCode.BadParameter, "The type of the storage policy is unknown.");
    }

    /// <summary>Throws unless files of the site may be in a container.</summary>
    /// <param name="layout">Names the site's own containers.</param>
    /// <exception cref="CloudreveException">40001 for an invalid name, 40006 for a container of the site or its host.</exception>
    public static void CheckContainer(StoragePolicy policy, StorageLayout layout)
    {
        if (!IsContainerName(policy.BucketName))
            throw new CloudreveException(ErrorCode.BadParameter, "The bucket must be the name of a container: 3 to 63 lower-case letters, digits and single hyphens.");
        if (policy.Server.Length == 0 && OwnAreas.IsWhole(layout, policy.BucketName))
            throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The container holds the site's own data.");
    }

    /// <summary>Throws unless a policy's rules and limits make sense.</summary>
    /// <param name="layout">Names the containers.</param>
    /// <exception cref="CloudreveException">40001; the message names the field.</exception>
    public static void CheckRules(StoragePolicy policy, StorageLayout layout)
    {
        EditedText.CheckName(policy.Name);
        if (policy.DirNameRule.Length > MaxDirRule || policy.FileNameRule.Length > MaxFileRule)
            throw new CloudreveException(ErrorCode.BadParameter, "The naming rules are too long.");
        EditedText.Check(policy.DirNameRule, "The naming rule of folders");
        EditedText.Check(policy.FileNameRule, "The naming rule of blobs");
        var isWatched = policy.Server.Length == 0 && policy.BucketName == layout.ImportsContainerName;
        if (isWatched && new OwnAreas([policy]).Holds(StorageLayout.ImportsPrefix))
            throw new CloudreveException(ErrorCode.BadParameter, "The naming rule of folders would cover the folder of automatic imports.");
        CheckFileRules(policy);
        CheckSettings(policy.Settings);
        if (policy.MaxSize < 0)
            throw OutOfRange("max_size");
    }

    private static void CheckFileRules(StoragePolicy policy)
    {
        try
        {
            FileRules.Of(policy);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new CloudreveException(
                ErrorCode.BadParameter, "The regular expression of names is invalid, or uses look-around or back-references, which are not supported.", e);
        }
    }

    private static void CheckSettings(StoragePolicySettings settings)
    {
        if (settings.ChunkSize is < 0 or > ChunkPlan.MaxBlock)
            throw OutOfRange("chunk_size");
        if (settings.ChunkConcurrency is < 0 or > MaxConcurrency)
            throw OutOfRange("chunk_concurrency");
        if (settings.ThumbMaxSize < 0)
            throw OutOfRange("thumb_max_size");
        if (settings.TpsLimit < 0 || settings.TpsLimitBurst < 0)
            throw OutOfRange("tps_limit");
        if (settings.S3DeleteBatchSize < 0)
            throw OutOfRange("s3_delete_batch_size");
        if (settings.CustomProxy && !IsAddress(settings.ProxyServer))
            throw new CloudreveException(ErrorCode.BadParameter, "The download proxy must be an address such as https://cdn.example.com.");
        var json = JsonSerializer.Serialize(settings, SiteJson.Default.StoragePolicySettings);
        if (json.Length > MaxSettings)
            throw new CloudreveException(ErrorCode.BadParameter, "The settings are too long.");
    }

    private static bool IsAddress(string? text) =>
        text?.Length <= MaxAddress && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "https" or "http", UserInfo: "", Query: "" } && uri.Host.Length > 0;

    private static CloudreveException OutOfRange(string field) => new(ErrorCode.BadParameter, $"The value of '{field}' is out of range.");

    // Two hyphens may not be adjacent, and the length counts all characters.
    private static bool IsContainerName(string name) => name.Length is >= 3 and <= 63 && ContainerName().IsMatch(name);

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ContainerName();
}
