using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Core.Tests.Drive;

/// <summary>What finds, makes and changes entries, for tests that need several of these.</summary>
internal sealed record TreeParts(DriveRoots Roots, EntriesByPath ByPath, EntriesById ById, EntryCreation Creation, EntryUpdates Updates)
{
    /// <summary>Parts of their own over a layout, as a new process has them.</summary>
    public static TreeParts Over(StorageLayout layout, TimeProvider? clock = null, IdAllocator? ids = null)
    {
        clock ??= TimeProvider.System;
        var roots = new DriveRoots(layout, clock);
        var byId = new EntriesById(layout);
        var updates = new EntryUpdates(layout, byId);
        var byPath = new EntriesByPath(layout, roots, new MarkedFolders(layout, updates));
        var creation = new EntryCreation(layout, byPath, new DriveDepth(layout, clock), ids ?? new IdAllocator(layout), clock);
        return new TreeParts(roots, byPath, byId, creation, updates);
    }

    /// <summary>The parts that an app uses.</summary>
    public static TreeParts Of(IServiceProvider services) => new(
        services.GetRequiredService<DriveRoots>(),
        services.GetRequiredService<EntriesByPath>(),
        services.GetRequiredService<EntriesById>(),
        services.GetRequiredService<EntryCreation>(),
        services.GetRequiredService<EntryUpdates>());
}
