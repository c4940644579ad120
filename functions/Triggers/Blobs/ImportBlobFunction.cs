using System.Globalization;
using Azure.Storage.Blobs;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Startup;

namespace Cloudreve.Functions.Triggers.Blobs;

/// <summary>
/// Event-driven import: a blob that appears as <c>imports/{user id}/{path}</c> becomes a file of that user's drive. The trigger passes
/// a client of the blob, so its content is never fetched. Events come from Event Grid or from the host's scan, as the setting
/// CLOUDREVE_BLOB_TRIGGER says.
/// </summary>
internal sealed class ImportBlobFunction(
    BlobArrival arrival, MissedArrivals missed, SettingStore settings, StorageAccount storage, AppSettings app, ILogger<ImportBlobFunction> logger)
{
    /// <summary>Imports one blob. When it fails, the host retries, and finally moves the event to its poison queue.</summary>
    [Function("ImportArrivedBlob")]
    public Task RunAsync(
        [BlobTrigger(TriggerSettings.Prefix + "-files/imports/{name}", Source = BlobTriggerSource.EventGrid)] BlobClient blob,
        CancellationToken cancellationToken) => ImportAsync(blob.Name, cancellationToken);

    /// <summary>Imports blobs that the scan of an emulator has missed; elsewhere this does nothing.</summary>
    [Function("ImportMissedBlobs")]
    public async Task RunMissedAsync([TimerTrigger("30 * * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        if (!storage.IsEmulator || !app.ScansForBlobs)
            return;
        foreach (var blob in await missed.FindAsync(cancellationToken))
            await ImportAsync(blob, cancellationToken);
    }

    private async Task ImportAsync(string blobName, CancellationToken cancellationToken)
    {
        var site = await settings.GetAsync(cancellationToken);
        var result = TryParse(site.HashIds, blobName, out var userId, out var path)
            ? await arrival.ImportAsync(userId, blobName, path, cancellationToken)
            : new BlobArrivalResult(BlobArrivalOutcome.Refused, "The name does not start with a user's id.");
        var level = result.Outcome == BlobArrivalOutcome.Refused ? LogLevel.Warning : LogLevel.Debug;
        logger.Log(level, "Blob {Blob}: {Outcome}. {Reason}", blobName, result.Outcome, result.Reason);
    }

    /// <summary>
    /// Splits <c>imports/{user id}/{path}</c>. The id is the encoded one that clients know, or the number that the administration
    /// shows; digits that could be either are rejected, so that no file ever ends up in another user's drive.
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
