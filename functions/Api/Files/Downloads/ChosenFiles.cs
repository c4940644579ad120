using System.Collections.Concurrent;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Finds the files and folders that one request names.</summary>
/// <param name="lookup">Finds files; remembers folders on the way.</param>
internal sealed class ChosenFiles(ApiCall call, DriveAccess access, PathLookup lookup)
{
    private readonly ConcurrentDictionary<string, FileRecord> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, bool> _shares = new();

    /// <summary>True if folders may be chosen, as for an archive.</summary>
    public bool TakesFolders { get; init; }

    /// <summary>The files by URI.</summary>
    public IReadOnlyDictionary<string, FileRecord> Files => _files;

    /// <summary>The share links of others through which files were found.</summary>
    public IEnumerable<long> VisitedShares => _shares.Keys;

    /// <summary>Finds one of them.</summary>
    /// <param name="uri">Its URI.</param>
    public async Task FindAsync(string uri, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, call.Site.HashIds, cancellationToken);
        var file = await lookup.GetAsync(place, cancellationToken);
        if (file.IsSymbolic && !TakesFolders)
            throw new CloudreveException(ErrorCode.NoPermission, "A shortcut has no content; follow its destination.");
        if (file.Type == FileType.Folder && !TakesFolders)
            throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no content.");
        _files[uri] = file;
        if (place.ShareId != 0 && place.OwnerId != call.Caller.UserId)
            _shares[place.ShareId] = true;
    }
}
