using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Download addresses (contract, section 15).</summary>
internal sealed class FileUrlFunctions(
    DriveAccess access, EntriesByPath byPath, EntityStore entities, ShareStore shares, DownloadAddresses addresses, ArchiveAddresses archives,
    TimeProvider clock)
{
    /// <summary>Creates download addresses of files, or one address of an archive.</summary>
    [Function("CreateDownloadUrl")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesRead)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<FileUrlResponse>]
    [Answers(StatusCodes.Status302Found)]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/url")] HttpRequest request,
        [JsonBody] FileUrlRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        body.Check(call);
        var siteBase = SiteUrls.Base(request.HttpContext, call.Site, body.UsePrimarySiteUrl == true);
        var batch = new Batch(request.HttpContext, clock);
        var chosen = new ChosenFiles(call, access, new PathLookup(byPath)) { TakesFolders = body.Archive == true };
        await batch.RunAsync(body.Uris, chosen.FindAsync, cancellationToken);
        if (body.Archive == true)
        {
            return IsRefused(batch, body)
                ? batch.Answer<FileUrlResponse>(null)
                : await OfferArchiveAsync(call, body, chosen, siteBase, cancellationToken);
        }
        var made = await new FileAddresses(call, body, siteBase, addresses).MakeAsync(chosen.Files, entities, batch, cancellationToken);
        if (IsRefused(batch, body))
            return batch.Answer<FileUrlResponse>(null);
        await CountAsync(chosen, cancellationToken);
        return Answer(call.Site, body, made);
    }

    private static bool IsRefused(Batch batch, FileUrlRequest body) => batch.HasFailures && body.SkipError != true;

    private async Task<IResult> OfferArchiveAsync(
        ApiCall call, FileUrlRequest body, ChosenFiles chosen, string siteBase, CancellationToken cancellationToken)
    {
        await CountAsync(chosen, cancellationToken);
        var wanted = new ArchiveRequest(call.Caller.UserId, [.. body.Uris.Where(chosen.Files.ContainsKey)]);
        var address = await archives.MakeAsync(call.Site, siteBase, wanted, cancellationToken);
        return ApiResponse.Ok(new FileUrlResponse([new EntityUrlResponse(address.Url)], address.Expires));
    }

    /// <summary>Counts a request through a link as one download, however many files it names (contract, section 15).</summary>
    private async Task CountAsync(ChosenFiles chosen, CancellationToken cancellationToken)
    {
        foreach (var id in chosen.VisitedShares)
            await shares.CountDownloadAsync(id, cancellationToken);
    }

    private IResult Answer(SiteSettings site, FileUrlRequest body, IReadOnlyDictionary<string, DownloadAddress> made)
    {
        if (body.Redirect == true && body.Uris is [var single] && made.TryGetValue(single, out var only))
            return Results.Redirect(only.Url);
        var until = made.Values.Select(a => a.Expires).Append(addresses.LatestExpiry(site)).Min();
        return ApiResponse.Ok(new FileUrlResponse([.. body.Uris.Select(uri => Shape(made.GetValueOrDefault(uri)))], until));
    }

    private static EntityUrlResponse Shape(DownloadAddress? address) =>
        new(address?.Url ?? "") { StreamSaverDisplayName = address?.SaveAs };
}
