using System.Globalization;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Files.Uploads;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Properties;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>Creates files and folders, and writes content (RFC 4918, sections 9.3 and 9.7).</summary>
/// <param name="conditions">Checks what clients state.</param>
/// <param name="writer">Writes content.</param>
/// <param name="operations">Creates folders.</param>
internal sealed class DavWriting(DavPlaces places, DavConditions conditions, FileContentWriter writer, DriveOperations operations)
{
    private const string TimeHeader = "X-OC-Mtime";

    // Years 1 to 9999.
    private const long LatestSecond = 253_402_300_799;

    /// <summary>Handles PUT. The transactions of the write; path + 1 more for a client that sends ETags.</summary>
    public async Task PutAsync(DavCall call, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (request.Headers.ContainsKey("Content-Range"))
            throw new DavException(StatusCodes.Status400BadRequest, "Content cannot be written in part.");
        call.RequireName(call.Path);
        if (ChecksumOf(request) is not { } checksum)
        {
            await StoreAsync(call, isNew: false, wanted => WriteAsync(call, wanted, request.Body, cancellationToken), cancellationToken);
            return;
        }
        await using var tested = new CheckedStream(request.Body, checksum);
        await StoreAsync(call, isNew: false, wanted => WriteAsync(call, wanted, tested, cancellationToken), cancellationToken);
    }

    /// <summary>Writes the file that a request addresses, under the client's conditions, and responds.</summary>
    /// <param name="isNew">True if it is an error when the file exists already.</param>
    /// <param name="writeAsync">Writes the content.</param>
    public async Task StoreAsync(DavCall call, bool isNew, Func<ContentRequest, Task<WrittenFile>> writeAsync, CancellationToken cancellationToken)
    {
        if (call.Path.IsRoot || call.Path.HasSlash)
            throw new DavException(StatusCodes.Status405MethodNotAllowed, "A folder has no content.");
        var tokens = await conditions.CheckAsync(call, cancellationToken);
        var place = await places.OpenAsync(call, call.Path, NavigatorCapability.UploadFile, cancellationToken);
        var wanted = await StateAsync(call, new ContentRequest(place.Path, 0)
        {
            IsNew = isNew,
            NeedsFolder = true,
            LockTokens = tokens,
            ModifiedAt = ReadTime(call.Request),
            ClientId = RequestActor.Of(call.Http, call.Caller).ClientId,
        }, cancellationToken);
        var written = await RefuseAsync(wanted, writeAsync);
        var response = call.Response;
        response.StatusCode = written.IsNew ? StatusCodes.Status201Created : StatusCodes.Status204NoContent;
        response.Headers.ETag = DavETags.Of(call.Site, written.File);
        // The paths at which clients of Nextcloud expect both.
        response.Headers["OC-ETag"] = response.Headers.ETag;
        response.Headers["OC-FileId"] = call.Site.HashIds.Encode(written.File.Id, HashIdKind.File);
        if (wanted.ModifiedAt is not null)
            response.Headers["X-OC-MTime"] = "accepted";
    }

    /// <summary>The checksum that a client states for the content that it writes; null for none.</summary>
    public static ContentChecksum? ChecksumOf(HttpRequest request) => ContentChecksum.TryParse(request.Headers["OC-Checksum"].ToString());

    /// <summary>Handles MKCOL. Path + 6 transactions.</summary>
    public async Task MakeFolderAsync(DavCall call, CancellationToken cancellationToken)
    {
        if (await call.Request.Body.ReadAsync(new byte[1], cancellationToken) > 0)
            throw new DavException(StatusCodes.Status415UnsupportedMediaType, "A folder is created without a body.");
        if (call.Path.IsRoot)
            throw new DavException(StatusCodes.Status405MethodNotAllowed, "The root exists already.");
        call.RequireName(call.Path);
        var work = call.NewWork(await conditions.CheckAsync(call, cancellationToken));
        var place = await places.OpenAsync(call, call.Path, NavigatorCapability.CreateFile, cancellationToken);
        await MissingFolder.IsConflictAsync(() => operations.CreateMemberAsync(work, place.Path, NewEntry.Folder, cancellationToken));
        await operations.PublishAsync(work, cancellationToken);
        call.Response.StatusCode = StatusCodes.Status201Created;
    }

    /// <summary>Reads when the client says that the content has changed, in Unix seconds; null when it has none.</summary>
    public static DateTimeOffset? ReadTime(HttpRequest request) =>
        double.TryParse(request.Headers[TimeHeader], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < LatestSecond
            ? DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(Math.Floor(seconds))
            : null;

    /// <summary>Makes the client's conditions conditions of the write itself, so that no other change comes in between.</summary>
    private async Task<ContentRequest> StateAsync(DavCall call, ContentRequest wanted, CancellationToken cancellationToken)
    {
        if (!DavConditions.IsConditional(call.Request))
            return wanted;
        var found = await places.FindAsync(call, call.Path, NavigatorCapability.UploadFile, cancellationToken);
        DavConditions.Require(call, found.Entry);
        return found.Entry is null || wanted.IsNew ? wanted with { IsNew = true } : wanted with { Previous = found.Entry.PrimaryEntityId };
    }

    private Task<WrittenFile> WriteAsync(DavCall call, ContentRequest wanted, Stream content, CancellationToken cancellationToken) =>
        BodyLength.Of(call.Request) is { } length
            ? writer.PutAsync(call.Caller, wanted with { Length = length }, content, cancellationToken)
            : writer.PutOpenEndedAsync(call.Caller, wanted, content, cancellationToken);

    private static async Task<WrittenFile> RefuseAsync(ContentRequest wanted, Func<ContentRequest, Task<WrittenFile>> writeAsync)
    {
        try
        {
            return await writeAsync(wanted);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
        {
            throw MissingFolder.Conflict();
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists && wanted.IsNew)
        {
            throw new DavException(StatusCodes.Status412PreconditionFailed, "The file exists already.");
        }
    }
}
