using Cloudreve.Core.Entities;
using Cloudreve.Core.FileSystem.Search;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Import;
using Cloudreve.Core.Media.Thumbnails;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Storage;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
        services.TryAddSingleton<FolderListing>();
        services.TryAddSingleton<FileSearch>();
        services.TryAddSingleton<FolderWriter>();
        services.TryAddSingleton<FolderSummaries>();
        services.TryAddSingleton<EntityStore>();
        services.TryAddSingleton<EntityReferences>();
        services.TryAddSingleton<EntityRecycler>();
        services.TryAddSingleton<QuotaLedger>();
        services.TryAddSingleton<TaskStore>();
        services.TryAddSingleton<OrchestrationControl>();
        services.TryAddSingleton<PolicyContainers>();
        services.TryAddSingleton<ThumbnailService>();
        services.TryAddSingleton<ImportService>();
        services.TryAddSingleton<BlobArrival>();
        return services;
    }
}
