using Cloudreve.Core.Content.Entities;
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
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Drive;

/// <summary>Registers the file tree and what changes it.</summary>
internal static class DriveComposition
{
    public static IServiceCollection AddDrive(this IServiceCollection services)
    {
        services.TryAddSingleton<DriveRoots>();
        services.TryAddSingleton<EntriesByPath>();
        services.TryAddSingleton<EntriesById>();
        services.TryAddSingleton<EntryCreation>();
        services.TryAddSingleton<EntryUpdates>();
        services.TryAddSingleton<DriveDepth>();
        services.TryAddSingleton<MarkedFolders>();
        services.TryAddSingleton<QuotaLedger>();
        services.TryAddSingleton<DriveRemoval>();
        services.TryAddSingleton<DriveAccess>();
        services.TryAddSingleton<ShortcutList>();
        services.TryAddSingleton<FolderListing>();
        services.TryAddSingleton<FileSearch>();
        services.TryAddSingleton<SubtreeListing>();
        services.TryAddSingleton<FolderWriter>();
        services.TryAddSingleton<FolderSummaries>();
        services.TryAddSingleton<DriveLocks>();
        services.TryAddSingleton<ActivityLog>();
        services.TryAddSingleton<EventStreams>();
        services.TryAddSingleton<Deletion>();
        services.TryAddSingleton<DeletionSchedule>();
        services.TryAddSingleton<TrashSchedule>();
        services.TryAddSingleton<Renaming>();
        services.TryAddSingleton<Relocator>();
        services.TryAddSingleton<TreeCopy>();
        services.TryAddSingleton(provider => new DriveSettlement(
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DriveSettlement>>()));
        services.TryAddSingleton<DepthGuard>();
        services.TryAddSingleton(provider => new DriveOperations(
            provider.GetRequiredService<EntriesByPath>(),
            provider.GetRequiredService<EntryCreation>(),
            provider.GetRequiredService<EntryUpdates>(),
            provider.GetRequiredService<DriveDepth>(),
            provider.GetRequiredService<DepthGuard>(),
            provider.GetRequiredService<DriveSettlement>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<Renaming>(),
            provider.GetRequiredService<TreeCopy>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<TrashSchedule>(),
            provider.GetRequiredService<ActivityLog>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new DriveMaintenance(
            provider.GetRequiredService<DriveOperations>(),
            provider.GetRequiredService<DriveSettlement>(),
            provider.GetRequiredService<EntriesByPath>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<TrashSchedule>(),
            provider.GetRequiredService<DeletionSchedule>(),
            provider.GetRequiredService<ILogger<DriveMaintenance>>()));
        services.TryAddSingleton<StorageCalibration>();
        services.TryAddSingleton(provider => new FileAdministration(
            provider.GetRequiredService<SiteLists>(),
            provider.GetRequiredService<EntriesById>(),
            provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<ShareStore>(),
            provider.GetRequiredService<DirectLinkStore>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<DriveOperations>()));
        return services;
    }
}
