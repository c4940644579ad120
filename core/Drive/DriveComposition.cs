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
    public static IServiceCollection AddDrive(this IServiceCollection services) => services
        .AddTree()
        .AddListing()
        .AddChanges()
        .AddQuota()
        .AddActivities()
        .AddAdministration();

    /// <summary>Names, paths and rows of the tree, and who may reach them.</summary>
    private static IServiceCollection AddTree(this IServiceCollection services)
    {
        services.TryAddSingleton<DriveRoots>();
        services.TryAddSingleton<EntriesByPath>();
        services.TryAddSingleton<EntriesById>();
        services.TryAddSingleton<EntryCreation>();
        services.TryAddSingleton<EntryUpdates>();
        services.TryAddSingleton<FolderWriter>();
        services.TryAddSingleton<DriveDepth>();
        services.TryAddSingleton<DepthGuard>();
        services.TryAddSingleton<MarkedFolders>();
        services.TryAddSingleton<DriveAccess>();
        return services;
    }

    /// <summary>What reads many entries: listings, searches, summaries, shortcuts.</summary>
    private static IServiceCollection AddListing(this IServiceCollection services)
    {
        services.TryAddSingleton<FolderListing>();
        services.TryAddSingleton<SubtreeListing>();
        services.TryAddSingleton<FolderSummaries>();
        services.TryAddSingleton<FileSearch>();
        services.TryAddSingleton<ShortcutList>();
        return services;
    }

    /// <summary>Locks, and what changes a drive under them: moves, deletions, copies.</summary>
    private static IServiceCollection AddChanges(this IServiceCollection services)
    {
        services.TryAddSingleton<DriveLocks>();
        services.TryAddSingleton<Renaming>();
        services.TryAddSingleton<Relocator>();
        services.TryAddSingleton<TreeCopy>();
        services.TryAddSingleton<Deletion>();
        services.TryAddSingleton<DeletionSchedule>();
        services.TryAddSingleton<TrashSchedule>();
        services.TryAddSingleton(provider => new DriveSettlement(
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DriveSettlement>>()));
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
        services.TryAddSingleton<DriveRemoval>();
        return services;
    }

    /// <summary>The use of storage.</summary>
    private static IServiceCollection AddQuota(this IServiceCollection services)
    {
        services.TryAddSingleton<QuotaLedger>();
        services.TryAddSingleton<StorageCalibration>();
        return services;
    }

    /// <summary>The log of activities, and its streams.</summary>
    private static IServiceCollection AddActivities(this IServiceCollection services)
    {
        services.TryAddSingleton<ActivityLog>();
        services.TryAddSingleton<EventStreams>();
        return services;
    }

    /// <summary>The files of all drives, for the administration.</summary>
    private static IServiceCollection AddAdministration(this IServiceCollection services)
    {
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
