using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>Adds uploads and versions.</summary>
internal static class UploadComposition
{
    /// <summary>Adds the services; the file tree comes from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddUploads(this IServiceCollection services)
    {
        services.TryAddSingleton<LinkReleases>();
        services.TryAddSingleton<UploadSessions>();
        services.TryAddSingleton<UploadReservations>();
        services.TryAddSingleton<UploadBlobs>();
        services.TryAddSingleton<UploadCompletion>();
        services.TryAddSingleton(provider => new UploadCancellation(
            provider.GetRequiredService<UploadSessions>(),
            provider.GetRequiredService<UploadCompletion>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<FileTree>(),
            provider.GetRequiredService<Relocator>(),
            provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<DriveLocks>()));
        services.TryAddSingleton<UploadTargets>();
        services.TryAddSingleton(provider => new UploadCreation(
            provider.GetRequiredService<UploadTargets>(),
            provider.GetRequiredService<UploadSessions>(),
            provider.GetRequiredService<UploadCancellation>(),
            provider.GetRequiredService<FileTree>(),
            provider.GetRequiredService<DriveOperations>(),
            provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<DriveLocks>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<ActivityLog>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UploadCreation>>()));
        services.TryAddSingleton(provider => new UploadMemory(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new UploadRelay(
            provider.GetRequiredService<UploadSessions>(),
            provider.GetRequiredService<UploadBlobs>(),
            provider.GetRequiredService<UploadCompletion>(),
            provider.GetRequiredService<BlobEncryption>(),
            provider.GetRequiredService<UploadMemory>()));
        services.TryAddSingleton<UploadExpiry>();
        services.TryAddSingleton<FileVersions>();
        services.AddWrites();
        services.TryAddSingleton<MasterKeys>();
        services.TryAddSingleton<BlobEncryption>();
        return services;
    }
}
