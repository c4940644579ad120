using Cloudreve.Core.Encryption;
using Cloudreve.Core.Entities;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Locks;
using Cloudreve.Core.FileSystem.Relocation;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Uploads;

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
        services.TryAddSingleton<UploadCreation>();
        services.TryAddSingleton<UploadRelay>();
        services.TryAddSingleton<UploadExpiry>();
        services.TryAddSingleton<FileContentWriter>();
        services.TryAddSingleton<FileVersions>();
        services.TryAddSingleton<MasterKeys>();
        services.TryAddSingleton<BlobEncryption>();
        return services;
    }
}
