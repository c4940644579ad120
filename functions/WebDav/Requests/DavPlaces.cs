using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>A resource that a request addresses.</summary>
/// <param name="Path">The path, as the client names it.</param>
/// <param name="Entry">The entry; null for none.</param>
internal sealed record DavResource(DavPath Path, DrivePlace Place, FileRecord? Entry)
{
    /// <summary>True if the resource is a folder.</summary>
    public bool IsFolder => Entry is { Type: FileType.Folder };

    /// <summary>The entry at the path.</summary>
    /// <exception cref="DavException">404: nothing is.</exception>
    public FileRecord Existing => Entry ?? throw new DavException(StatusCodes.Status404NotFound, "The resource does not exist.");
}

/// <summary>Finds the resources that requests address. Shortcuts to shares are followed (contract, section 20).</summary>
/// <param name="byPath">Finds entries.</param>
internal sealed class DavPlaces(DriveAccess access, EntriesByPath byPath)
{
    // A share may show shortcuts to others.
    private const int MaxShortcuts = 4;

    /// <summary>The place of a path, whether or not it exists. No transaction but for shares.</summary>
    /// <param name="capability">The capability that the operation requires.</param>
    public async Task<DrivePlace> OpenAsync(DavCall call, DavPath path, NavigatorCapability capability, CancellationToken cancellationToken) =>
        await access.OpenAsync(call.Caller, call.UriOf(path), capability, call.Site.HashIds, cancellationToken);

    /// <summary>Resolves a path: path + 1 transactions, more for each shortcut on the way.</summary>
    /// <param name="capability">The capability that the operation requires.</param>
    public async Task<DavResource> FindAsync(DavCall call, DavPath path, NavigatorCapability capability, CancellationToken cancellationToken)
    {
        var uri = call.UriOf(path);
        for (var followed = 0; ; followed++)
        {
            var place = await access.OpenAsync(call.Caller, uri, capability, call.Site.HashIds, cancellationToken);
            if (place is { Top: { Type: FileType.File, IsSymbolic: false } file, Path.IsRoot: true })
                return new DavResource(path, place, file);
            var (entry, shortcut) = await FindAtAsync(place, cancellationToken);
            if (shortcut is null)
                return new DavResource(path, place, entry);
            if (followed == MaxShortcuts)
                throw new DavException(StatusCodes.Status508LoopDetected, "Too many shortcuts lead to each other.");
            uri = shortcut;
        }
    }

    /// <summary>Finds the entry at a place, or the destination of a shortcut on the way to it.</summary>
    private async Task<(FileRecord? Entry, FileUri? Shortcut)> FindAtAsync(DrivePlace place, CancellationToken cancellationToken)
    {
        try
        {
            var entry = await byPath.FindAsync(place, cancellationToken);
            return entry is { IsSymbolic: true } ? (null, TargetOf(entry, [])) : (entry, null);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.NoPermission)
        {
            // A folder on the way is a shortcut.
            for (var depth = 1; depth < place.Path.Depth; depth++)
            {
                var folder = place with { Path = new FilePath([.. place.Path.Segments.Take(depth)]) };
                if (await byPath.FindAsync(folder, cancellationToken) is { IsSymbolic: true } shortcut)
                    return (null, TargetOf(shortcut, place.Path.Segments.Skip(depth)));
            }
            throw;
        }
    }

    private static FileUri TargetOf(FileRecord shortcut, IEnumerable<string> below)
    {
        var target = FileUri.Parse(shortcut.Metadata[FileRecord.SharedRedirect]);
        return target.At(new FilePath([.. target.Path.Segments, .. below]));
    }
}
