using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Import;

/// <summary>Checks the paths of an import request.</summary>
internal static class ImportPaths
{
    /// <summary>Characters of a blob name ("Naming and referencing containers, blobs, and metadata").</summary>
    private const int MaxSourceCharacters = 1024;

    /// <summary>Characters of a destination. It is kept in the task's row as JSON, which may write six characters for one.</summary>
    private const int MaxCharacters = 4096;

    /// <summary>
    /// Makes a prefix of blob names of a source path. The path must stay in the container and outside of what the drive
    /// keeps there itself.
    /// </summary>
    /// <exception cref="CloudreveException">40001 for empty or dot segments, 40006 for the drive's own area.</exception>
    public static string ParseSource(string source, StoragePolicy policy)
    {
        if (source.Any(char.IsControl) || source.Contains('\\', StringComparison.Ordinal) || source.Length > MaxSourceCharacters)
            throw new CloudreveException(ErrorCode.BadParameter, "The source is not a path in the storage policy's container.");
        var path = FilePath.ParsePlain(source);
        var prefix = path.IsRoot ? "" : string.Join('/', path.Segments) + "/";
        var ownArea = OwnArea(policy);
        if (ownArea.Length > 0 && prefix.StartsWith(ownArea, StringComparison.Ordinal))
            throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The source is where the drive keeps its own blobs.");
        return prefix;
    }

    /// <summary>The prefix below which the policy's naming rule puts the drive's own blobs, for example <c>uploads/</c>.</summary>
    public static string OwnArea(StoragePolicy policy)
    {
        var rule = policy.DirNameRule.TrimStart('/');
        var variable = rule.IndexOf('{', StringComparison.Ordinal);
        var constant = variable < 0 ? rule.TrimEnd('/') + "/" : rule[..variable];
        var slash = constant.IndexOf('/', StringComparison.Ordinal);
        return slash <= 0 ? "" : constant[..(slash + 1)];
    }

    /// <summary>
    /// Makes a folder path of a destination: a plain path, or a URI of the target user's own drive (contract, section 19.4).
    /// </summary>
    /// <exception cref="CloudreveException">40001 for anything else, 40052 for a name that no folder may have.</exception>
    public static FilePath ParseDestination(string destination, string userHashId)
    {
        if (destination.Length > MaxCharacters)
            throw new CloudreveException(ErrorCode.BadParameter, "The destination is too long.");
        var path = destination.Contains("://", StringComparison.Ordinal) ? FromUri(FileUri.Parse(destination), userHashId) : FilePath.ParsePlain(destination);
        foreach (var name in path.Segments)
            FilePath.CheckName(name);
        return path;
    }

    private static FilePath FromUri(FileUri uri, string userHashId) =>
        uri.FileSystem == FileSystemKind.My && uri.Query.Count == 0 && (uri.Id.Length == 0 || uri.Id == userHashId)
            ? uri.Path
            : throw new CloudreveException(ErrorCode.BadParameter, "The destination is not a folder of the user's drive.");
}
