using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Downloads of archives by signed addresses (contract, section 15).</summary>
internal sealed class ArchiveDownloadFunctions(
    ArchiveSessions sessions, ArchiveRoots roots, ArchiveDownload download, ContentStreams streams, UrlSigner signer, TimeProvider clock,
    ILogger<ArchiveDownloadFunctions> logger)
{
    /// <summary>Streams an archive to the holder of its address.</summary>
    [Function("DownloadArchive")]
    [Requires(AuthClass.None)]
    [Answers("application/zip")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/v4/file/archive/{sessionId}/archive.zip")] HttpRequest request,
        string sessionId, ApiCall call, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(sessionId, out var id))
            return Results.NotFound();
        try
        {
            signer.Verify(call.Site, ArchiveAddresses.PathOf(id), request.Query[UrlSigner.Parameter]);
            var archive = await sessions.FindAsync(id, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.NotFound, "The archive link has expired.");
            return new ArchiveContent(await roots.FindAsync(archive, call, cancellationToken), call, download, streams, clock, logger);
        }
        catch (CloudreveException e)
        {
            return FailureOf(e);
        }
        catch (StorageException e) when (ContentFailure.Of(e) is { } failure)
        {
            return failure;
        }
    }

    /// <summary>The response to an error before the archive began.</summary>
    internal static ContentFailure FailureOf(CloudreveException error) =>
        new(error.Code == ErrorCode.NotFound ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden, error.Code, error.Message);
}
