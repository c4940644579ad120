using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Cloudreve.Core.Activities.Streams;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Events;

/// <summary>Events for sync clients (contract, section 26).</summary>
internal sealed class FolderEventFunctions(DriveAccess access, FileTree tree, EventStreams streams)
{
    // A browser drops events without data.
    private const string Nothing = "{}";

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
        var (folder, _) = await tree.GetFolderAsync(place, cancellationToken);
        var (subscription, isKnown) = await streams.SubscribeAsync(place.OwnerId, client, folder.Id, place.Path, options, cancellationToken);
        // Proxies must not hold events back.
        request.HttpContext.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(ReadAsync(streams.ReadAsync(subscription, options, cancellationToken), isKnown, site.HashIds, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<string>> ReadAsync(
        IAsyncEnumerable<IReadOnlyList<FolderEvent>> bundles, bool isKnown, HashIdCodec hashIds, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new SseItem<string>(Nothing, isKnown ? "resumed" : "subscribed");
        await foreach (var events in bundles.WithCancellation(cancellationToken))
        {
            if (events.Count == 0)
                yield return new SseItem<string>(Nothing, "keep-alive");
            foreach (var entry in events)
                yield return new SseItem<string>(JsonSerializer.Serialize(Describe(entry, hashIds), FolderEventsJson.Default.FolderEventResponse), "event");
        }
    }

    private static FolderEventResponse Describe(FolderEvent entry, HashIdCodec hashIds) => new(
        entry.Type switch
        {
            FolderEventType.Create => "create",
            FolderEventType.Modify => "modify",
            FolderEventType.Rename => "rename",
            _ => "delete",
        },
        hashIds.Encode(entry.FileId, HashIdKind.File),
        entry.From.ToString(),
        entry.To.ToString());
}
