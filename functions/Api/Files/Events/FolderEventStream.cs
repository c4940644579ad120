using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files.Events;

/// <summary>A listener to a folder.</summary>
/// <param name="ClientId">The client, a uuid.</param>
/// <param name="Folder">The folder that it is in.</param>
internal sealed record FolderListener(long UserId, long OwnerId, string ClientId, long FolderId, FilePath Folder);

/// <summary>
/// Sends events until the stream's time is over, the client leaves, or storage fails. Each stream instructs its client when to reconnect, at a
/// time of its own, so that not all reconnect at once.
/// </summary>
/// <param name="streams">The events.</param>
/// <param name="options">Options for delivering events.</param>
/// <param name="logger">Receives what ends a stream early.</param>
internal sealed class FolderEventStream(
    EventStreams streams, FolderListener listener, EventStreamOptions options, SiteSettings site, ILogger logger) : IResult
{
    // A browser drops events without data.
    private const string Nothing = "{}";
    private const string SignOfLife = "keep-alive";

    private static readonly IReadOnlyList<FolderEvent> s_failure = new List<FolderEvent>();
    private static readonly (int From, int To) s_return = (1_000, 5_000);
    private static readonly (int From, int To) s_returnAfterFailure = (10_000, 40_000);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var place = streams.Open(listener.UserId, site.Get(EventStreamSetting.MostPerUser));
        var (subscription, isKnown) = await streams.SubscribeAsync(
            listener.OwnerId, listener.ClientId, listener.FolderId, listener.Folder, options, httpContext.RequestAborted);
        // Proxies must not buffer events.
        httpContext.Response.Headers["X-Accel-Buffering"] = "no";
        await TypedResults.ServerSentEvents(ReadAsync(subscription, isKnown, httpContext.RequestAborted)).ExecuteAsync(httpContext);
    }

    private async IAsyncEnumerable<SseItem<string>> ReadAsync(
        EventSubscription subscription, bool isKnown, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new SseItem<string>(Nothing, isKnown ? "resumed" : "subscribed") { ReconnectionInterval = Draw(s_return) };
        await using var bundles = streams.ReadAsync(subscription, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = await NextAsync(bundles);
            if (next is null)
                yield break;
            if (next == s_failure)
            {
                yield return new SseItem<string>(Nothing, SignOfLife) { ReconnectionInterval = Draw(s_returnAfterFailure) };
                yield break;
            }
            if (next.Count == 0)
                yield return new SseItem<string>(Nothing, SignOfLife);
            foreach (var entry in next)
            {
                yield return new SseItem<string>(
                    JsonSerializer.Serialize(Describe(entry, site.HashIds), FolderEventsJson.Default.FolderEventResponse), "event");
            }
        }
    }

    /// <summary>The next bundle; null at the end of the stream, and <see cref="s_failure"/> when storage fails.</summary>
    private async Task<IReadOnlyList<FolderEvent>?> NextAsync(IAsyncEnumerator<IReadOnlyList<FolderEvent>> bundles)
    {
        try
        {
            return await bundles.MoveNextAsync() ? bundles.Current : null;
        }
        catch (StorageException e)
        {
            // The client gets what it has missed when it reconnects.
            logger.LogWarning("An event stream ended: {Reason}", e.Message);
            return s_failure;
        }
    }

    private static TimeSpan Draw((int From, int To) range) => TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(range.From, range.To));

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
