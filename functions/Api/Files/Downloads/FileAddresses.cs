using System.Collections.Concurrent;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Creates the download addresses of one request.</summary>
/// <param name="siteBase">Scheme and host of the site's own addresses.</param>
/// <param name="addresses">Makes each address.</param>
internal sealed class FileAddresses(ApiCall call, FileUrlRequest request, string siteBase, DownloadAddresses addresses)
{
    private readonly ConcurrentDictionary<string, DownloadAddress> _made = new(StringComparer.Ordinal);
    private readonly long? _version = request.ReadVersion(call.Site);

    /// <summary>Creates the addresses of files; failures are left to the batch.</summary>
    /// <param name="files">The files by URI.</param>
    /// <param name="entities">Finds their content.</param>
    /// <param name="batch">Gathers failures.</param>
    /// <returns>The addresses by URI.</returns>
    public async Task<IReadOnlyDictionary<string, DownloadAddress>> MakeAsync(
        IReadOnlyDictionary<string, FileRecord> files, EntityStore entities, Batch batch, CancellationToken cancellationToken)
    {
        var found = await entities.FindAsync(files.Values.Select(EntityOf), cancellationToken);
        await batch.RunAsync(files.Keys, MakeOneAsync, cancellationToken);
        return _made;

        async Task MakeOneAsync(string uri, CancellationToken token)
        {
            var file = files[uri];
            var target = new DownloadTarget(Choose(file, found), file.Name, request.Download == true, call.Caller.Group.SpeedLimit);
            _made[uri] = await addresses.MakeAsync(call.Site, siteBase, target, request.NoCache == true, token);
        }
    }

    private long EntityOf(FileRecord file) => _version ?? file.PrimaryEntityId;

    /// <summary>The content of a file; null for an empty file.</summary>
    private EntityRecord? Choose(FileRecord file, IReadOnlyDictionary<long, EntityRecord> found)
    {
        var id = EntityOf(file);
        if (!DriveAccess.MayRead(call.Caller, file, id))
            throw new CloudreveException(ErrorCode.BlobNotFound, "The file does not have this version.");
        if (id != 0 && !found.ContainsKey(id))
            throw new CloudreveException(ErrorCode.BlobNotFound, "The file's content does not exist.");
        return found.GetValueOrDefault(id);
    }
}
