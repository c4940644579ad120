using System.Text;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Search;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.FullText.Extraction;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Drive;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudreve.Core.Tests.Content.FullText;

/// <summary>One process of a site with full-text search.</summary>
internal sealed class FullTextSite : IRestartable<FullTextSite>
{
    public const long Owner = 7;

    private readonly Installation _installation;
    private readonly SearchServiceDouble? _service;

    private FullTextSite(
        Installation installation, Func<StorageCall, StorageFault>? faults, SearchServiceDouble? service, TextExtraction? extraction = null)
    {
        (_installation, _service) = (installation, service);
        Layout = installation.Connect(faults);
        Tree = TreeParts.Over(Layout);
        Entities = new EntityStore(Layout);
        Blobs = new IndexBlobs(Layout);
        Index = service is null
            ? new TextIndex(Blobs, Entities, TimeProvider.System)
            : new ServiceTextIndex(new SearchTextIndex(service.Options, Layout.FullTextIndexName), TimeProvider.System);
        Removal = new FullTextRemoval(Blobs, Index);
        Indexing = new FullTextIndexing(
            Tree.Updates, Entities, new SiteCatalog(Layout, TimeProvider.System), new PolicyContainers(Layout, TimeProvider.System), Blobs, Index, Removal,
            extraction ?? new TextExtraction(TimeProvider.System), new MediaRequests(Layout), NullLogger<FullTextIndexing>.Instance);
        Search = new FullTextSearch(Layout, Tree.ById, Blobs, Index, new HeavyReads());
    }

    public static SiteSettings Settings { get; } = With();

    public StorageLayout Layout { get; }

    public TreeParts Tree { get; }

    public EntityStore Entities { get; }

    public IndexBlobs Blobs { get; }

    public ITextIndex Index { get; }

    public FullTextRemoval Removal { get; }

    public FullTextIndexing Indexing { get; }

    public FullTextSearch Search { get; }

    public static SiteSettings With(params (string Key, string Value)[] settings) => new(settings.Prepend(("fts_enabled", "1")).ToDictionary());

    public static async Task<FullTextSite> CreateAsync(AzuriteServer azurite, SearchServiceDouble? service = null)
    {
        var site = new FullTextSite(await Installation.CreateAsync(azurite), null, service);
        foreach (var name in site.Layout.AllContainerNames.Distinct())
            await site.Layout.Container(name).CreateIfNotExistsAsync();
        await new SiteCatalog(site.Layout, TimeProvider.System).SeedAsync(default);
        await site.Tree.Roots.CreateAsync(Owner);
        return site;
    }

    public FullTextSite Restart(Func<StorageCall, StorageFault>? faults = null) => new(_installation, faults, _service);

    /// <summary>A process that reads documents in places of the test's.</summary>
    public FullTextSite Restart(Func<StorageCall, StorageFault> faults, TextExtraction extraction) => new(_installation, faults, _service, extraction);

    public Task<FileRecord> AddTextAsync(string path, string text, long owner = Owner) => AddAsync(path, Encoding.UTF8.GetBytes(text), owner);

    public async Task<FileRecord> AddAsync(string path, byte[] content, long owner = Owner)
    {
        var entity = await AddEntityAsync(content);
        var entry = new NewEntry(FileType.File) { Id = entity.FileId, EntityId = entity.Id, Size = content.Length };
        return await Tree.Creation.CreateAsync(owner, FilePath.ParsePlain(path), entry, failIfExists: true);
    }

    public async Task<EntityRecord> AddEntityAsync(byte[] content, long? fileId = null, string? encryption = null)
    {
        var ids = new IdAllocator(Layout);
        var entity = new EntityRecord
        {
            Id = await ids.NextAsync(IdKind.Entity),
            FileId = fileId ?? await ids.NextAsync(IdKind.File),
            Size = content.Length,
            PolicyId = StoragePolicy.DefaultId,
            Source = $"uploads/{Guid.NewGuid():N}",
            CreatedBy = Owner,
            CreatedAt = DateTimeOffset.UtcNow,
            Encryption = encryption,
        };
        await Layout.Container(Layout.FilesContainerName).WriteAsync(entity.Source, BinaryData.FromBytes(content));
        await Entities.WriteNewAsync([entity]);
        return entity;
    }

    /// <summary>A file with this text, in the index.</summary>
    public async Task<FileRecord> IndexAsync(string path, string text, SiteSettings? settings = null)
    {
        var file = await AddTextAsync(path, text);
        await Indexing.IndexAsync(settings ?? Settings, file);
        return await ReadAsync(file);
    }

    public async Task<FileRecord> ReadAsync(FileRecord file) => (await Tree.ById.FindAsync(file.Id))!;

    /// <summary>The paths of the files that a search finds.</summary>
    public async Task<List<string>> FindAsync(string query, long owner = Owner) =>
        [.. (await Search.SearchAsync(Settings, owner, query, 0)).Hits.Select(hit => hit.Path.ToString())];

    /// <summary>The names of all blobs of indexes.</summary>
    public async Task<List<string>> ListBlobsAsync() =>
        [.. (await Layout.Container(Layout.FullTextContainerName).ListPageAsync("", null)).Blobs.Select(blob => blob.Name)];
}
