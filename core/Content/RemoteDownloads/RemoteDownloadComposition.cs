using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>Adds downloads from other sites.</summary>
internal static class RemoteDownloadComposition
{
    /// <summary>Adds the services; those of files and uploads come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddRemoteDownloads(this IServiceCollection services)
    {
        services.TryAddSingleton(new DownloadRules(OutgoingRules.None));
        services.TryAddSingleton(provider => new RemoteSource(new OutgoingHttp(GuardOf(provider))));
        services.TryAddSingleton(provider => new LinkStages(
            provider.GetRequiredService<TaskRuns>(),
            provider.GetRequiredService<StoredContentWriter>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<UploadMemory>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new LinkDownload(
            provider.GetRequiredService<TaskStore>(),
            provider.GetRequiredService<TaskRuns>(),
            provider.GetRequiredService<StoredContentWriter>(),
            provider.GetRequiredService<LinkStages>(),
            new StepStates<RemoteDownloadState>(provider.GetRequiredService<StorageLayout>(), "download", RemoteDownloadJson.Short.RemoteDownloadState),
            provider.GetRequiredService<RemoteSource>()));
        services.AddTorrents(GuardOf);
        services.TryAddSingleton(provider => new RemoteDownload(
            provider.GetRequiredService<TaskStore>(),
            provider.GetRequiredService<TaskRuns>(),
            provider.GetRequiredService<TaskCallers>(),
            provider.GetRequiredService<DriveAccess>(),
            provider.GetRequiredService<EntriesByPath>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<SettingStore>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<LinkDownload>(),
            provider.GetRequiredService<TorrentDownload>()));
        return services;
    }

    /// <summary>The guard of calls that users cause.</summary>
    private static OutgoingGuard GuardOf(IServiceProvider provider) => new(
        provider.GetRequiredService<DownloadRules>().Rules, provider.GetRequiredService<ResolveHost>(), provider.GetRequiredService<ILogger<OutgoingGuard>>());
}
