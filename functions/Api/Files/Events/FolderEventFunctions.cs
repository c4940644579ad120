using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Events;

/// <summary>Events for sync clients (contract, section 26).</summary>
internal sealed class FolderEventFunctions(DriveAccess access, EntriesByPath byPath, EventStreams streams, ILogger<FolderEventFunctions> logger)
{
    /// <summary>Streams the changes below a folder as server-sent events.</summary>
    [Function("StreamFileEvents")]
    [Requires(AuthClass.Required, OAuthScopes.FilesRead)]
    [QueryParameter<string>("uri", IsRequired = true)]
    [Answers("text/event-stream")]
    public async Task<IResult> StreamAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/events")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var uri = FileUri.Parse(request.RequiredText("uri"));
        var place = await access.OpenAsync(caller, uri, NavigatorCapability.ListChildren, site.HashIds, cancellationToken);
        var client = RequestActor.Of(request.HttpContext, caller).ClientId
            ?? throw new CloudreveException(ErrorCode.BadParameter, "The X-Cr-Client-Id header must be a UUID.");
        if (!site.Get(EventStreamSetting.IsEnabled) || place.View.FileSystem != FileSystemKind.My)
            throw new CloudreveException(ErrorCode.FeatureDisabled, "File events are disabled on this site.");
        var options = new EventStreamOptions(site.Get(EventStreamSetting.Debounce), site.Get(EventStreamSetting.MaxAge));
        var (folder, _) = await byPath.GetFolderAsync(place, cancellationToken);
        return new FolderEventStream(streams, new FolderListener(caller.UserId, place.OwnerId, client, folder.Id, place.Path), options, site, logger);
    }
}
