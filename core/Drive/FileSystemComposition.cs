using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Entities.Administration;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Administration;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Quota.Calibration;
using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.Administration;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Site.Summaries;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tasks.Administration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Drive;

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
