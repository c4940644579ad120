using System.Text;
using System.Text.RegularExpressions;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Storage;

/// <summary>
/// The only definition of the product's own blobs. All code that writes blobs takes its folder from here, so that no import
/// turns them into files: deleting such a file would destroy another file's content.
/// </summary>
internal sealed partial class OwnAreas
{
    /// <summary>Thumbnails, which are not stored beside blobs of files: below the imports prefix a thumbnail would become a file itself.</summary>
    public const string Thumbnails = "thumbnails/";

    /// <summary>Blobs whose names by the policy's rule would be too long, and those of the seeded policy.</summary>
    public const string Uploads = "uploads/";

    /// <summary>The prefix of content that clients send until their upload is complete.</summary>
    public const string Staging = "staging/";

    // Containers of the Functions host; those of Durable Functions start with the name of the task hub (host.json).
    private static readonly string[] s_hostContainers = ["azure-webjobs-", "app-package"];

    private readonly List<Regex> _firstFolders = [];
    private readonly bool _includesRoot;

    /// <summary>The own areas of a container.</summary>
    /// <param name="policies">Every policy that writes to it.</param>
    public OwnAreas(IEnumerable<StoragePolicy> policies)
    {
        foreach (var written in policies.SelectMany(policy => policy.FormerDirNameRules.Append(policy.DirNameRule)))
        {
            var rule = written.TrimStart('/');
            _includesRoot |= rule.Length == 0;
            if (rule.Length > 0)
                _firstFolders.Add(FirstFolderOf(rule));
            // The path of a file in the root is empty.
            _includesRoot |= rule.StartsWith("{path}", StringComparison.Ordinal);
        }
    }

    /// <summary>Checks whether a container of the app's account belongs entirely to the product or its host.</summary>
    /// <param name="layout">Names the containers.</param>
    public static bool IsWhole(StorageLayout layout, string container) =>
        container == layout.SnapshotsContainerName || container == layout.AvatarsContainerName || container == layout.FullTextContainerName
        || container.StartsWith(layout.Prefix + "hub-", StringComparison.Ordinal)
        || s_hostContainers.Any(start => container.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Checks whether a blob, or everything below a prefix that ends with a slash, belongs to the product.</summary>
    /// <param name="name">The blob's whole name, or the prefix.</param>
    public bool Holds(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return _includesRoot;
        var folder = name[..(slash + 1)];
        return folder is Thumbnails or Uploads or Staging || _firstFolders.Exists(pattern => pattern.IsMatch(folder[..^1]));
    }

    /// <summary>A pattern of the first folder that a naming rule makes. Any value that a variable could have counts as the product's own.</summary>
    private static Regex FirstFolderOf(string rule)
    {
        var slash = rule.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? rule : rule[..slash];
        var pattern = new StringBuilder("^");
        var end = 0;
        foreach (Match variable in Variable().Matches(first))
        {
            pattern.Append(Regex.Escape(first[end..variable.Index])).Append(PatternOf(variable.Groups["name"].Value));
            end = variable.Index + variable.Length;
        }
        pattern.Append(Regex.Escape(first[end..])).Append('$');
        return new Regex(pattern.ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline);
    }

    private static string PatternOf(string variable) => variable switch
    {
        "randomkey16" => "[A-Za-z0-9]{16}",
        "randomkey8" => "[A-Za-z0-9]{8}",
        "uuid" => "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "timestamp" or "timestamp_nano" or "randomnum2" or "randomnum3" or "randomnum4" or "randomnum8" or "uid" or "datetime" or "date"
            or "year" or "month" or "day" or "hour" or "minute" or "second" => "[0-9]+",
        _ => ".*",
    };

    [GeneratedRegex(@"\{(?<name>[a-z0-9_]+)\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
