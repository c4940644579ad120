using System.Globalization;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Import;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>Event-driven import: a blob that appears as <c>imports/{user id}/{path}</c> becomes a file of that user's drive.</summary>
internal static class BlobArrivalFunctions
{
    private const string Message = "message";
    private const string Blob = "blob";
    private const string BlobName = "name";

    /// <summary>The function that reads events of Event Grid, or of the local lister, from a queue.</summary>
    /// <param name="layout">The queue's name.</param>
    public static TriggerFunction FromEvents(StorageLayout layout) =>
        new("ImportArrivedBlob", new QueueTrigger(Message, layout.BlobEventsQueueName), (request, services, token) =>
            BlobEvent.Parse(request.Text(Message)) is { } written && written.ContainerName == layout.ImportsContainerName
                ? ImportAsync(services, written.BlobName, token)
                : Task.FromResult(InvocationResponse.Done));

    /// <summary>The opt-in function that the host starts with the blob's whole content, which is not looked at.</summary>
    /// <param name="layout">The container's name.</param>
    /// <param name="source">Where the host learns of blobs from.</param>
    public static TriggerFunction FromBlobs(StorageLayout layout, string source) =>
        new("ImportArrivedBlobContent", new BlobTrigger(Blob, $"{layout.ImportsContainerName}/{StorageLayout.ImportsPrefix}{{{BlobName}}}", source), (request, services, token) =>
            ImportAsync(services, StorageLayout.ImportsPrefix + request.Metadata(BlobName), token));

    private static async Task<InvocationResponse> ImportAsync(IServiceProvider services, string blobName, CancellationToken cancellationToken)
    {
        var site = await services.GetRequiredService<SettingStore>().GetAsync(cancellationToken);
        var result = TryParse(site.HashIds, blobName, out var userId, out var path)
            ? await services.GetRequiredService<BlobArrival>().ImportAsync(userId, blobName, path, cancellationToken)
            : new BlobArrivalResult(BlobArrivalOutcome.Refused, "The name does not start with a user's id.");
        var level = result.Outcome == BlobArrivalOutcome.Refused ? LogLevel.Warning : LogLevel.Debug;
        services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(BlobArrivalFunctions).FullName!).Log(
            level, "Blob {Blob}: {Outcome}. {Reason}", blobName, result.Outcome, result.Reason);
        return InvocationResponse.Done;
    }

    /// <summary>
    /// Splits <c>imports/{user id}/{path}</c>. The id is the encoded one that clients know, or the number that the administration
    /// shows; digits that could be either belong to nobody, so that no file ever lands in a stranger's drive.
    /// </summary>
    private static bool TryParse(HashIdCodec hashIds, string blobName, out long userId, out string path)
    {
        (userId, path) = (0, "");
        if (!blobName.StartsWith(StorageLayout.ImportsPrefix, StringComparison.Ordinal))
            return false;
        var rest = blobName[StorageLayout.ImportsPrefix.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash < 1)
            return false;
        var isEncoded = hashIds.TryDecode(rest[..slash], HashIdKind.User, out var encoded);
        var isNumber = long.TryParse(rest.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        (userId, path) = (isEncoded ? encoded : number, rest[slash..]);
        return isEncoded != isNumber && path.Length > 1;
    }
}
