using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Entities.Administration;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Integrity.Scrub;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Media.Places;
using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content;

/// <summary>Registers the content of files: uploads, versions, blobs, archives, thumbnails.</summary>
internal static class ContentComposition
{
    public static IServiceCollection AddContent(this IServiceCollection services) => services
        .AddBlobs()
        .AddUploads()
        .AddWrites()
        .AddArchives()
        .AddMedia();

    /// <summary>Blobs, what refers to them, and how they are kept.</summary>
    private static IServiceCollection AddBlobs(this IServiceCollection services)
    {
        services.TryAddSingleton<EntityStore>();
        services.TryAddSingleton<EntityReader>();
        services.TryAddSingleton<EntityCensus>();
        services.TryAddSingleton<EntityReferences>();
        services.TryAddSingleton<EntityRecycler>();
        services.TryAddSingleton<EntityAdministration>();
        services.TryAddSingleton<LinkReleases>();
        services.TryAddSingleton<FileVersions>();
        services.TryAddSingleton<MasterKeys>();
        services.TryAddSingleton<BlobEncryption>();
        services.TryAddSingleton<PolicyContainers>();
        services.TryAddSingleton<SiteIntegrity>();
        services.TryAddSingleton<SiteScrub>();
        services.TryAddSingleton<Relocation>();
        services.AddRemoteDownloads();
        return services;
    }

    /// <summary>Uploads in sessions and in chunks.</summary>
    private static IServiceCollection AddUploads(this IServiceCollection services)
    {
        services.TryAddSingleton<UploadAnswers>();
        services.TryAddSingleton<UploadSessions>();
        services.TryAddSingleton<UploadReservations>();
        services.TryAddSingleton<UploadBlobs>();
        services.TryAddSingleton<UploadCompletion>();
        services.TryAddSingleton(provider => new UploadCancellation(
            provider.GetRequiredService<UploadSessions>(),
            provider.GetRequiredService<UploadCompletion>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<EntriesByPath>(),
            provider.GetRequiredService<EntriesById>(),
            provider.GetRequiredService<EntryCreation>(),
            provider.GetRequiredService<EntryUpdates>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<DriveLocks>()));
        services.TryAddSingleton<UploadTargets>();
        services.TryAddSingleton<UploadDescription>();
        services.TryAddSingleton<UploadPlaceholders>();
        services.TryAddSingleton<UploadUndo>();
        services.TryAddSingleton(provider => new UploadCreation(
            provider.GetRequiredService<UploadTargets>(),
            provider.GetRequiredService<UploadSessions>(),
            provider.GetRequiredService<UploadDescription>(),
            provider.GetRequiredService<UploadPlaceholders>(),
            provider.GetRequiredService<UploadUndo>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<DriveLocks>()));
        services.TryAddSingleton(provider => new UploadMemory(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new UploadRelay(
            provider.GetRequiredService<UploadSessions>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<UploadCompletion>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<UploadMemory>()));
        services.TryAddSingleton<ChunkedUploads>();
        services.TryAddSingleton(provider => new ChunkIntake(
            provider.GetRequiredService<ChunkedUploads>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<UploadMemory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ChunkIntake>>()));
        services.TryAddSingleton<ChunkAssembly>();
        services.TryAddSingleton<UploadExpiry>();
        return services;
    }

    /// <summary>Content that comes within one request.</summary>
    private static IServiceCollection AddWrites(this IServiceCollection services)
    {
        services.TryAddSingleton<WriteIntents>();
        services.TryAddSingleton<WriteStaging>();
        services.TryAddSingleton<GroupStaging>();
        services.TryAddSingleton<GroupPlaces>();
        services.TryAddSingleton<WritePlacement>();
        services.TryAddSingleton<WriteUndo>();
        services.TryAddSingleton<StoredContentWriter>();
        services.TryAddSingleton(provider => new WriteSettlement(
            provider.GetRequiredService<WriteIntents>(),
            provider.GetRequiredService<WriteUndo>(),
            provider.GetRequiredService<LinkReleases>(),
            provider.GetRequiredService<DueNotes>(),
            provider.GetRequiredService<StorageLayout>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WriteSettlement>>()));
        services.TryAddSingleton(provider => new FileGroupWriter(
            provider.GetRequiredService<GroupPlaces>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<DepthGuard>(),
            provider.GetRequiredService<WriteIntents>(),
            provider.GetRequiredService<GroupStaging>(),
            provider.GetRequiredService<WritePlacement>(),
            provider.GetRequiredService<WriteUndo>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new FileContentWriter(
            provider.GetRequiredService<UploadTargets>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<DepthGuard>(),
            provider.GetRequiredService<WriteIntents>(),
            provider.GetRequiredService<WriteStaging>(),
            provider.GetRequiredService<WritePlacement>(),
            provider.GetRequiredService<WriteUndo>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>Archives: listing, downloads, creation, extraction.</summary>
    private static IServiceCollection AddArchives(this IServiceCollection services)
    {
        services.TryAddSingleton<ArchiveListing>();
        services.TryAddSingleton<ArchiveSessions>();
        services.TryAddSingleton<ArchiveDownload>();
        services.AddArchiveCreation();
        services.TryAddSingleton<ArchiveExtraction>();
        return services;
    }

    /// <summary>Thumbnails, media information, full-text search, viewers.</summary>
    private static IServiceCollection AddMedia(this IServiceCollection services)
    {
        services.TryAddSingleton<ThumbnailService>();
        services.TryAddSingleton<MediaRequests>();
        services.TryAddSingleton<MapboxService>();
        services.TryAddSingleton<IReverseGeocoder, MapboxGeocoder>();
        services.TryAddSingleton(provider => new MediaInformation(
            provider.GetRequiredService<EntryUpdates>(), provider.GetRequiredService<EntityStore>(), provider.GetRequiredService<SiteCatalog>(),
            provider.GetRequiredService<PolicyContainers>(), provider.GetRequiredService<BlobEncryption>(), provider.GetRequiredService<IReverseGeocoder>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<MediaInformation>>()));
        services.AddFullText();
        services.TryAddSingleton<ViewerSessions>();
        services.TryAddSingleton<WopiDiscovery>();
        return services;
    }
}
