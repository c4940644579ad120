using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Adds writes of content within one request.</summary>
internal static class WriteComposition
{
    /// <summary>Adds the services; those of uploads come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddWrites(this IServiceCollection services)
    {
        services.TryAddSingleton<WriteIntents>();
        services.TryAddSingleton<WriteStaging>();
        services.TryAddSingleton<WritePlacement>();
        services.TryAddSingleton<WriteUndo>();
        services.TryAddSingleton(provider => new WriteSettlement(
            provider.GetRequiredService<WriteIntents>(),
            provider.GetRequiredService<WriteUndo>(),
            provider.GetRequiredService<LinkReleases>(),
            provider.GetRequiredService<DueNotes>(),
            provider.GetRequiredService<StorageLayout>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WriteSettlement>>()));
        services.TryAddSingleton(provider => new FileContentWriter(
            provider.GetRequiredService<UploadTargets>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<WriteIntents>(),
            provider.GetRequiredService<WriteStaging>(),
            provider.GetRequiredService<WritePlacement>(),
            provider.GetRequiredService<WriteUndo>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
