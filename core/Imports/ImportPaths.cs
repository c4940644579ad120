using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Imports;

/// <summary>Checks the paths of an import request.</summary>
internal static class ImportPaths
{
    /// <summary>Characters of a blob name ("Naming and referencing containers, blobs, and metadata").</summary>
    private const int MaxSourceCharacters = 1024;

    /// <summary>Characters of a destination. It is kept in the task's row as JSON, which may write six characters for one.</summary>
    private const int MaxCharacters = 4096;

    /// <summary>
    /// Turns a source path into a prefix of blob names. The path must stay in the container and outside of the product's own blobs
    /// there; <c>/</c> is the whole container without those.
    /// </summary>
    /// <exception cref="CloudreveException">40001 for none, for empty or dot segments, and for the product's own blobs.</exception>
    public static string ParseSource(string source, OwnAreas own)
    {
        if (source.Length is 0 or > MaxSourceCharacters || source.Any(char.IsControl) || source.Contains('\\', StringComparison.Ordinal))
            throw new CloudreveException(ErrorCode.BadParameter, "The source is not a path in the storage policy's container.");
        var path = FilePath.ParsePlain(source);
        var prefix = path.IsRoot ? "" : string.Join('/', path.Segments) + "/";
        if (prefix.Length > 0 && own.Holds(prefix))
            throw new CloudreveException(ErrorCode.BadParameter, "The source contains the site's own data.");
        return prefix;
    }

    /// <summary>
    /// Turns a destination into a folder path: a plain path, or a URI of the target user's own drive (contract, section 19.4).
    /// </summary>
    /// <exception cref="CloudreveException">40001 for anything else, 40052 for a name that no folder may have.</exception>
    public static FilePath ParseDestination(string destination, string userHashId)
    {
        if (destination.Length is 0 or > MaxCharacters)
            throw new CloudreveException(ErrorCode.BadParameter, $"The destination must have 1 to {MaxCharacters} characters.");
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
