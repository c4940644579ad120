using Cloudreve.AzureStorage.Search;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText.Extraction;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Content.FullText.Rebuild;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.FullText;

/// <summary>Registers full-text search.</summary>
internal static class FullTextComposition
{
    public static IServiceCollection AddFullText(this IServiceCollection services)
    {
        services.TryAddSingleton<IndexBlobs>();
        services.TryAddSingleton(CreateIndex);
        services.TryAddSingleton(provider => new FullTextRemoval(provider.GetRequiredService<IndexBlobs>(), provider.GetRequiredService<ITextIndex>()));
        services.TryAddSingleton<TextExtraction>();
        services.TryAddSingleton(provider => new FullTextIndexing(
            provider.GetRequiredService<EntryUpdates>(),
            provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<SiteCatalog>(),
            provider.GetRequiredService<PolicyContainers>(),
            provider.GetRequiredService<IndexBlobs>(),
            provider.GetRequiredService<ITextIndex>(),
            provider.GetRequiredService<FullTextRemoval>(),
            provider.GetRequiredService<TextExtraction>(),
            provider.GetRequiredService<MediaRequests>(),
            provider.GetRequiredService<ILogger<FullTextIndexing>>()));
        services.TryAddSingleton(provider => new FullTextSearch(
            provider.GetRequiredService<StorageLayout>(),
            provider.GetRequiredService<EntriesById>(),
            provider.GetRequiredService<IndexBlobs>(),
            provider.GetRequiredService<ITextIndex>(),
            provider.GetRequiredService<HeavyReads>()));
        services.TryAddSingleton(provider => new FullTextRebuild(
            provider.GetRequiredService<TaskStore>(),
            provider.GetRequiredService<TaskRuns>(),
            provider.GetRequiredService<TaskCallers>(),
            provider.GetRequiredService<EntriesById>(),
            provider.GetRequiredService<SiteLists>(),
            provider.GetRequiredService<SiteCatalog>(),
            provider.GetRequiredService<IndexBlobs>(),
            provider.GetRequiredService<ITextIndex>(),
            provider.GetRequiredService<FullTextIndexing>(),
            provider.GetRequiredService<SettingStore>(),
            provider.GetRequiredService<StorageLayout>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>In Azure AI Search if the operator names a service, in blobs otherwise.</summary>
    private static ITextIndex CreateIndex(IServiceProvider provider)
    {
        var clock = provider.GetRequiredService<TimeProvider>();
        return provider.GetService<SearchServiceOptions>() is { } options
            ? new ServiceTextIndex(new SearchTextIndex(options, provider.GetRequiredService<StorageLayout>().FullTextIndexName), clock)
            : new TextIndex(provider.GetRequiredService<IndexBlobs>(), provider.GetRequiredService<EntityStore>(), clock);
    }
}
