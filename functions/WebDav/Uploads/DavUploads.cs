using System.Globalization;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files.Uploads;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Methods;
using Cloudreve.Functions.WebDav.Properties;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Uploads;

/// <summary>
/// Uploads in chunks as clients of Nextcloud make them: MKCOL begins one, PUT sends a chunk, PROPFIND lists the arrived ones, MOVE of
/// <c>.file</c> makes a file of them, DELETE gives them up. Each body may be small, so files of any size reach a host that bounds bodies.
/// </summary>
/// <param name="intake">Receives chunks.</param>
/// <param name="assembly">Assembles files from them.</param>
/// <param name="writing">Writes files.</param>
internal sealed class DavUploads(ChunkedUploads uploads, ChunkIntake intake, ChunkAssembly assembly, DavWriting writing)
{
    private const string Whole = ".file";
    private const int MaxName = 255;

    /// <summary>Handles a request of any method.</summary>
    public Task RunAsync(DavCall call, string method, CancellationToken cancellationToken) => (method, call.Path.Segments) switch
    {
        ("MKCOL", [var upload]) => BeginAsync(call, KeyOf(call, upload), cancellationToken),
        ("PUT", [var upload, var chunk]) => TakeAsync(call, KeyOf(call, upload), chunk, cancellationToken),
        ("PROPFIND", [var upload]) => ListAsync(call, KeyOf(call, upload), cancellationToken),
        ("MOVE", [var upload, Whole]) => AssembleAsync(call, KeyOf(call, upload), cancellationToken),
        ("DELETE", [var upload]) => EndAsync(call, KeyOf(call, upload), cancellationToken),
        ("DELETE", [var upload, var chunk]) => RemoveAsync(call, KeyOf(call, upload), chunk, cancellationToken),
        _ => throw new DavException(StatusCodes.Status405MethodNotAllowed, "Uploads do not support this method here."),
    };

    private async Task BeginAsync(DavCall call, ChunkedUploadKey key, CancellationToken cancellationToken)
    {
        if (call.Request.Headers.ContainsKey("Destination"))
            call.RequireName(DavDestination.Of(call));
        await uploads.BeginAsync(call.Caller, key, call.Site.Get(SiteSetting.UploadSessionLifetime), TotalOf(call.Request), cancellationToken);
        call.Response.StatusCode = StatusCodes.Status201Created;
    }

    private async Task TakeAsync(DavCall call, ChunkedUploadKey key, string name, CancellationToken cancellationToken)
    {
        var upload = await FindAsync(key, cancellationToken);
        try
        {
            var (chunk, isNew) = await intake.TakeAsync(
                call.Caller, upload, NameOf(name), call.Request.Body, BodyLength.Of(call.Request), cancellationToken);
            call.Response.StatusCode = isNew ? StatusCodes.Status201Created : StatusCodes.Status204NoContent;
            call.Response.Headers.ETag = $"\"{chunk.Id:N}\"";
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.UploadSessionExpired)
        {
            throw Missing();
        }
    }

    private async Task ListAsync(DavCall call, ChunkedUploadKey key, CancellationToken cancellationToken)
    {
        var depth = DavDepth.Of(call.Request);
        var asked = PropFindRequest.Of(await DavXml.ReadAsync(call.Request, cancellationToken));
        var upload = await FindAsync(key, cancellationToken);
        var chunks = depth == DavDepth.Zero ? [] : await uploads.ListAsync(upload, cancellationToken);
        await using var answer = new MultiStatus(call.Response);
        var writer = new PropertyWriter(answer, asked, call.Site);
        writer.Write(call.Path.Href(isFolder: true), EntryOf(upload, FileType.Folder, key.Name), FilePath.Root);
        foreach (var chunk in chunks.OrderBy(chunk => chunk.Name.Start))
        {
            var entry = EntryOf(upload, FileType.File, chunk.Name.Text) with { Size = chunk.Size, UpdatedAt = chunk.At };
            writer.Write(call.Path.Href([chunk.Name.Text], isFolder: false), entry, FilePath.Root);
            await answer.SendAsync(cancellationToken);
        }
        await answer.EndAsync(cancellationToken);
    }

    private async Task AssembleAsync(DavCall call, ChunkedUploadKey key, CancellationToken cancellationToken)
    {
        var destination = DavDestination.Of(call);
        call.RequireName(destination);
        var upload = await FindAsync(key, cancellationToken);
        var content = new ChunkedContent(TotalOf(call.Request), DavWriting.ChecksumOf(call.Request));
        // The client's conditions concern the file, which is not at the request's address.
        await writing.StoreAsync(
            call with { Path = destination }, !DavOverwrite.Of(call.Request),
            wanted => assembly.AssembleAsync(call.Caller, upload, wanted, content, cancellationToken), cancellationToken);
    }

    private async Task EndAsync(DavCall call, ChunkedUploadKey key, CancellationToken cancellationToken)
    {
        await uploads.EndAsync(await FindAsync(key, cancellationToken), cancellationToken);
        call.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task RemoveAsync(DavCall call, ChunkedUploadKey key, string name, CancellationToken cancellationToken)
    {
        if (!await uploads.RemoveAsync(await FindAsync(key, cancellationToken), NameOf(name), cancellationToken))
            throw new DavException(StatusCodes.Status404NotFound, "The chunk does not exist.");
        call.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task<ChunkedUpload> FindAsync(ChunkedUploadKey key, CancellationToken cancellationToken) =>
        await uploads.FindAsync(key, cancellationToken) ?? throw Missing();

    private static DavException Missing() => new(StatusCodes.Status404NotFound, "The upload does not exist.");

    private static ChunkedUploadKey KeyOf(DavCall call, string name) => name.Length <= MaxName
        ? new ChunkedUploadKey(call.Account.Id, name)
        : throw new DavException(StatusCodes.Status400BadRequest, "The name of the upload is too long.");

    private static ChunkName NameOf(string name) =>
        ChunkName.TryParse(name) ?? throw new DavException(StatusCodes.Status400BadRequest, "The name of a chunk is its number or its offsets.");

    /// <summary>Bytes of the whole file, according to the client; null when unknown.</summary>
    private static long? TotalOf(HttpRequest request) => request.Headers["OC-Total-Length"].ToString() switch
    {
        "" => null,
        var text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : throw new DavException(StatusCodes.Status400BadRequest, "The OC-Total-Length header is malformed."),
    };

    private static FileRecord EntryOf(ChunkedUpload upload, FileType type, string name) => new()
    {
        Id = 0,
        ParentId = 0,
        OwnerId = upload.OwnerId,
        Type = type,
        Name = name,
        CreatedAt = upload.CreatedAt,
        UpdatedAt = upload.CreatedAt,
    };
}
