using Cloudreve.Core.Activities;
using Cloudreve.Core.Activities.Streams;
using Cloudreve.Core.Archives.Downloads;
using Cloudreve.Core.Archives.Listing;
using Cloudreve.Core.DirectLinks;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Entities.Administration;
using Cloudreve.Core.FileSystem.Administration;
using Cloudreve.Core.FileSystem.Search;
using Cloudreve.Core.FileSystem.Copying;
using Cloudreve.Core.FileSystem.Locks;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.FileSystem.Relocation;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Import;
using Cloudreve.Core.Integrity;
using Cloudreve.Core.Media.Thumbnails;
using Cloudreve.Core.FileSystem.Shortcuts;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Quota.Calibration;
using Cloudreve.Core.Shares;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Shares.Administration;
using Cloudreve.Core.Site.Summaries;
using Cloudreve.Core.Storage;
using Cloudreve.Core.Tables;
using Cloudreve.Core.Tables.Numbered;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tasks.Administration;
using Cloudreve.Core.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.FileSystem;

/// <summary>Adds the file tree and what works on it.</summary>
public static class FileSystemComposition
{
    /// <summary>Adds the services. The storage layout and the clock come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddFileSystem(this IServiceCollection services)
    {
        services.TryAddSingleton<IdAllocator>();
        services.TryAddSingleton<FileTree>();
        services.TryAddSingleton<ShareStore>();
        services.TryAddSingleton<ShareVisits>();
        services.TryAddSingleton<ShareGuesses>();
        services.TryAddSingleton<LinkMisses>();
        services.TryAddSingleton<ShareLinks>();
        services.TryAddSingleton<ShareListing>();
        services.TryAddSingleton<SharedPlaces>();
        services.TryAddSingleton<DriveAccess>();
        services.TryAddSingleton<ShortcutList>();
        services.TryAddSingleton<FolderListing>();
        services.TryAddSingleton(new HeavyReads());
        services.TryAddSingleton<FileSearch>();
        services.TryAddSingleton<FolderWriter>();
        services.TryAddSingleton<FolderSummaries>();
        services.TryAddSingleton<EntityStore>();
        services.TryAddSingleton<EntityReader>();
        services.TryAddSingleton<EntityCensus>();
        services.TryAddSingleton<DirectLinkStore>();
        services.TryAddSingleton<DirectLinkHits>();
        services.TryAddSingleton<ArchiveListing>();
        services.TryAddSingleton<ArchiveSessions>();
        services.TryAddSingleton<ArchiveDownload>();
        services.TryAddSingleton<EntityReferences>();
        services.TryAddSingleton<DueNotes>();
        services.TryAddSingleton<EntityRecycler>();
        services.TryAddSingleton<QuotaLedger>();
        services.TryAddSingleton<DriveLocks>();
        services.TryAddSingleton<ActivityLog>();
        services.TryAddSingleton<EventStreams>();
        services.TryAddSingleton<Deletion>();
        services.TryAddSingleton<DeletionSchedule>();
        services.TryAddSingleton<TrashSchedule>();
        services.TryAddSingleton<Renaming>();
        services.TryAddSingleton<Relocator>();
        services.TryAddSingleton<TreeCopy>();
        services.TryAddSingleton(provider => new DriveOperations(
            provider.GetRequiredService<FileTree>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<Renaming>(),
            provider.GetRequiredService<TreeCopy>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<TrashSchedule>(),
            provider.GetRequiredService<DeletionSchedule>(),
            provider.GetRequiredService<ActivityLog>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DriveOperations>>()));
        services.AddUploads();
        services.TryAddSingleton<SiteIntegrity>();
        services.TryAddSingleton<StorageCalibration>();
        services.TryAddSingleton<TaskStore>();
        services.TryAddSingleton<TaskItemSweep>();
        services.TryAddSingleton<SiteLists>();
        services.TryAddSingleton<SiteSummary>();
        services.TryAddSingleton<TaskAdministration>();
        services.TryAddSingleton<ShareAdministration>();
        services.TryAddSingleton(provider => new FileAdministration(
            provider.GetRequiredService<SiteLists>(),
            provider.GetRequiredService<FileTree>(),
            provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<ShareStore>(),
            provider.GetRequiredService<DirectLinkStore>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<DriveOperations>()));
        services.TryAddSingleton<EntityAdministration>();
        services.TryAddSingleton<PolicyContainers>();
        services.TryAddSingleton<PolicyEditor>();
        services.TryAddSingleton<GroupMembers>();
        services.TryAddSingleton<GroupEditor>();
        services.TryAddSingleton<NodeEditor>();
        services.TryAddSingleton<ThumbnailService>();
        services.TryAddSingleton<ThumbnailRequests>();
        services.TryAddSingleton<ImportService>();
        services.TryAddSingleton<BlobArrival>();
        return services;
    }
}
