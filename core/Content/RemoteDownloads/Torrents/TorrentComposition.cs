using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Adds downloads of torrents.</summary>
internal static class TorrentComposition
{
    /// <summary>Adds the services; those of files and uploads come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    /// <param name="guardOf">The guard of calls that users cause.</param>
    public static void AddTorrents(this IServiceCollection services, Func<IServiceProvider, OutgoingGuard> guardOf)
    {
        services.TryAddSingleton<DownloaderCatalog>();
        services.TryAddSingleton(new SegmentSizes());
        services.TryAddSingleton(provider => new TorrentReservations(provider.GetRequiredService<QuotaLedger>()));
        services.TryAddSingleton(provider => new TorrentRemovals(
            provider.GetRequiredService<StorageLayout>(),
            provider.GetRequiredService<DownloaderCatalog>(),
            provider.GetRequiredService<DueNotes>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<TorrentRemovals>>()));
        services.TryAddSingleton(provider => new TorrentFiles(
            provider.GetRequiredService<FileContentWriter>(), SegmentsOf(provider), provider.GetRequiredService<EntriesByPath>(), provider.GetRequiredService<EntityStore>()));
        services.TryAddSingleton(provider => new TorrentDownload(
            provider.GetRequiredService<TaskRuns>(),
            provider.GetRequiredService<DownloaderCatalog>(),
            SourcesOf(provider, guardOf(provider)),
            new TorrentTransfer(
                provider.GetRequiredService<TaskRuns>(),
                provider.GetRequiredService<TorrentFiles>(),
                provider.GetRequiredService<TorrentReservations>(),
                provider.GetRequiredService<SettingStore>(),
                provider.GetRequiredService<TimeProvider>()),
            new StepStates<TorrentState>(provider.GetRequiredService<StorageLayout>(), "torrent", RemoteDownloadJson.Short.TorrentState),
            provider.GetRequiredService<TorrentReservations>(),
            new TorrentEnding(
                provider.GetRequiredService<TorrentFiles>(), provider.GetRequiredService<TorrentReservations>(), provider.GetRequiredService<TorrentRemovals>()),
            provider.GetRequiredService<TimeProvider>()));
    }

    private static TorrentSources SourcesOf(IServiceProvider provider, OutgoingGuard guard) => new(
        provider.GetRequiredService<DriveAccess>(),
        provider.GetRequiredService<EntriesByPath>(),
        provider.GetRequiredService<EntityStore>(),
        provider.GetRequiredService<EntityReader>(),
        provider.GetRequiredService<SettingStore>(),
        guard);

    private static FileSegments SegmentsOf(IServiceProvider provider) => new(
        provider.GetRequiredService<StoredContentWriter>(),
        provider.GetRequiredService<UploadBlobs>(),
        provider.GetRequiredService<UploadMemory>(),
        provider.GetRequiredService<BlobEncryption>(),
        provider.GetRequiredService<SegmentSizes>(),
        provider.GetRequiredService<TimeProvider>());
}
