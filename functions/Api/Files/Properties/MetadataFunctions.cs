using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>Metadata of files (contract, section 9.1).</summary>
internal sealed class MetadataFunctions(DriveAccess access, DriveOperations operations, TimeProvider clock)
{
    private const int MaxPatches = 256;

    /// <summary>Changes the metadata of files, each in the same way.</summary>
    [Function("PatchMetadata")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> PatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/v4/file/metadata")] HttpRequest request,
        [JsonBody] PatchMetadataRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        BatchUris.Check(body.Uris, site);
        if (body.Patches.Count is 0 or > MaxPatches)
            throw new CloudreveException(ErrorCode.BadParameter, "Provide between 1 and 256 metadata changes.");
        var patches = body.Patches.Select(ReadPatch).ToList();
        var rules = MetadataRules.Of(site);
        // Patches that no file could accept fail the request, not each of its files.
        rules.Check(patches);
        var work = new DriveWork(caller.RequireUser().Id, RequestActor.Of(request.HttpContext, caller));
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(body.Uris, PatchOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        async Task PatchOneAsync(string uri, CancellationToken token)
        {
            var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.UpdateMetadata, site.HashIds, token);
            await operations.UpdateAsync(work, place.DrivePath, ActivityCategory.UpdateMetadata, Patch, token);
        }

        FileRecord Patch(FileRecord file) => file with
        {
            Metadata = rules.Apply(file.Metadata, patches),
            UpdatedAt = MetadataRules.BumpsTime(patches) ? clock.GetUtcNow() : file.UpdatedAt,
        };
    }

    private static MetadataPatch ReadPatch(MetadataPatchRequest patch)
    {
        if (patch.Private == true)
            throw new CloudreveException(ErrorCode.BadParameter, "Clients cannot set private metadata.");
        if (patch.Remove == true && patch.Key is (MetadataKeys.SharedRedirect or MetadataKeys.SharedOwner))
            throw new CloudreveException(ErrorCode.BadParameter, "Shortcut metadata cannot be removed.");
        return new MetadataPatch(patch.Key, patch.Remove == true ? null : patch.Value ?? "");
    }
}
