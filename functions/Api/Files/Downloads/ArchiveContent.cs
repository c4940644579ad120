using Cloudreve.AzureStorage;
using Cloudreve.Core.Archives.Downloads;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Writes an archive into the answer.</summary>
/// <param name="roots">What goes into it.</param>
/// <param name="download">Writes archives.</param>
/// <param name="logger">Receives what ends an archive early.</param>
internal sealed class ArchiveContent(IReadOnlyList<FileRecord> roots, ArchiveDownload download, ILogger logger) : IResult
{
    private const string FileName = "archive.zip";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/zip";
        response.Headers.ContentDisposition = ContentNames.Disposition(FileName, download: true);
        try
        {
            await download.WriteAsync(roots, response.Body, httpContext.RequestAborted);
        }
        catch (CloudreveException e) when (!response.HasStarted)
        {
            await ArchiveDownloadFunctions.FailureOf(e).ExecuteAsync(httpContext);
        }
        catch (Exception e) when (e is CloudreveException or StorageException or IOException && !httpContext.RequestAborted.IsCancellationRequested)
        {
            // Half a zip must not look whole.
            logger.LogWarning(e, "The archive of request {CorrelationId} ended early.", httpContext.TraceIdentifier);
            httpContext.Abort();
        }
    }
}
