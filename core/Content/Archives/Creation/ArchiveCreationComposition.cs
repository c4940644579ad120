using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>Adds the creation of archives.</summary>
internal static class ArchiveCreationComposition
{
    /// <summary>Adds the services; those of files and uploads come from elsewhere.</summary>
    public static IServiceCollection AddArchiveCreation(this IServiceCollection services)
    {
        services.TryAddSingleton(ArchiveSegmentLimits.Default);
        services.TryAddSingleton(provider => new ArchiveCreation(
            provider.GetRequiredService<TaskStore>(),
            provider.GetRequiredService<TaskRuns>(),
            provider.GetRequiredService<TaskCallers>(),
            provider.GetRequiredService<DriveAccess>(),
            provider.GetRequiredService<EntriesByPath>(),
            provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<EntityReader>(),
            provider.GetRequiredService<StoredContentWriter>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<UploadMemory>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<SettingStore>(),
            provider.GetRequiredService<StorageLayout>(),
            provider.GetRequiredService<ArchiveSegmentLimits>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
