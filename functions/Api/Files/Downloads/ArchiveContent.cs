using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Writes an archive to the response.</summary>
/// <param name="source">The source of its content.</param>
/// <param name="call">The caller who fetches it.</param>
/// <param name="download">Writes archives.</param>
/// <param name="streams">Bounds what readers take.</param>
/// <param name="clock">Keeps to the speed limit.</param>
/// <param name="logger">Receives what ends an archive early.</param>
internal sealed class ArchiveContent(
    ArchiveSource source, ApiCall call, ArchiveDownload download, ContentStreams streams, TimeProvider clock, ILogger logger) : IResult
{
    private const string FileName = "archive.zip";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/zip";
        response.Headers.ContentDisposition = ContentNames.Attachment(FileName);
        if (HttpMethods.IsHead(httpContext.Request.Method))
            return;
        try
        {
            using var place = streams.Take(call.Site, source.UserId, call.Caller.Client);
            await using var output = new PacedOutput(streams.Watch(httpContext, call.Site), source.BytesPerSecond, clock);
            var missing = await download.WriteAsync(source.Files, output, httpContext.RequestAborted);
            foreach (var (path, reason) in missing.Named)
                logger.LogWarning("The archive of request {CorrelationId} lacks {Path}: {Reason}", httpContext.TraceIdentifier, path, reason);
            if (missing.Count > missing.Named.Count)
                logger.LogWarning("The archive of request {CorrelationId} lacks {Count} files in all.", httpContext.TraceIdentifier, missing.Count);
        }
        catch (Exception e) when (e is StorageException or CloudreveException && !response.HasStarted && ContentFailure.Of(e) is { } failure)
        {
            await failure.ExecuteAsync(httpContext);
        }
        catch (Exception e) when (e is StorageException or IOException && !httpContext.RequestAborted.IsCancellationRequested)
        {
            // A truncated zip must not look complete.
            logger.LogWarning(e, "The archive of request {CorrelationId} ended early.", httpContext.TraceIdentifier);
            httpContext.Abort();
        }
    }
}
