using System.Globalization;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Serves blobs by the site's own signed addresses (contract, section 15).</summary>
internal sealed class FileContentFunctions(
    EntityStore entities, EntityReader reader, ContentStreams streams, UrlSigner signer, TimeProvider clock)
{
    /// <summary>Streams a blob to the holder of its address, with ranges and no faster than the address allows.</summary>
    [Function("GetEntityContent")]
    [Requires(AuthClass.None)]
    [Answers("application/octet-stream")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/v4/file/content/{id}/{speed}/{name}")] HttpRequest request,
        string id, string speed, string name, ApiCall call, CancellationToken cancellationToken)
    {
        try
        {
            signer.Verify(call.Site, ContentAddress.PathOf(id, speed, name), request.Query[UrlSigner.Parameter]);
            if (!call.Site.HashIds.TryDecode(id, HashIdKind.Entity, out var entityId)
                || !long.TryParse(speed, NumberStyles.None, CultureInfo.InvariantCulture, out var bytesPerSecond))
                throw NoContent();
            var entity = entityId == 0 ? null : await entities.FindAsync(entityId, cancellationToken) ?? throw NoContent();
            return new EntityContent(call.Site, id, name, entity, reader, streams, new PacedCopy(bytesPerSecond, clock));
        }
        catch (Exception e) when (ContentFailure.Of(e) is { } failure)
        {
            return failure;
        }
    }

    /// <summary>Responds to preflight requests of browsers.</summary>
    [Function("OptionsEntityContent")]
    [Requires(AuthClass.None)]
    public static IResult Preflight(
        [HttpTrigger(AuthorizationLevel.Anonymous, "options", Route = "api/v4/file/content/{*path}")] HttpRequest request) => new ContentPreflight();

    private static CloudreveException NoContent() => new(ErrorCode.BlobNotFound, "The content does not exist.");
}
