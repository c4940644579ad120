using Cloudreve.Functions.Api.Files.Content;
using Cloudreve.Functions.Api.Files.Downloads;
using Cloudreve.Functions.Api.Files.Info;
using Cloudreve.Functions.Api.Files.Listing;

namespace Cloudreve.Functions.Api.Files;

/// <summary>Registers the services that the functions of files share.</summary>
internal static class FileApiComposition
{
    /// <summary>Adds the services.</summary>
    public static IServiceCollection AddFileApi(this IServiceCollection services)
    {
        services.AddSingleton<FolderOpening>();
        services.AddSingleton<FileDetails>();
        services.AddSingleton<DownloadAddresses>();
        services.AddSingleton<ArchiveAddresses>();
        services.AddSingleton<ArchiveRoots>();
        services.AddSingleton<ContentStreams>();
        return services;
    }
}
