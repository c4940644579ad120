using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Drive;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

/// <summary>A drive with files of which thumbnails are made, on a clock of the test.</summary>
internal sealed class ThumbnailSite
{
    public const long Owner = 7;

    private ThumbnailSite(Installation installation) => Installation = installation;

    public Installation Installation { get; }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

    public static SiteSettings Settings { get; } = new(new Dictionary<string, string>());

    public static async Task<ThumbnailSite> CreateAsync(AzuriteServer azurite)
    {
        var site = new ThumbnailSite(await Installation.CreateAsync(azurite));
        var layout = site.Installation.Connect();
        await layout.Container(layout.FilesContainerName).CreateIfNotExistsAsync();
        await layout.Queue(layout.ThumbnailsQueueName).CreateIfNotExistsAsync();
        await new SiteCatalog(layout, site.Clock).SeedAsync(default);
        await site.Tree(layout).Roots.CreateAsync(Owner);
        return site;
    }

    public TreeParts Tree(StorageLayout layout) => TreeParts.Over(layout, Clock);

    public EntityRecycler Recycler(StorageLayout layout) => new(
        layout, new SiteCatalog(layout, Clock), new PolicyContainers(layout, Clock), Texts(layout), new DueNotes(layout, Clock, NullLogger<DueNotes>.Instance), Clock);

    private FullTextRemoval Texts(StorageLayout layout) => new(new IndexBlobs(layout), new TextIndex(new IndexBlobs(layout), new EntityStore(layout), Clock));

    public BlobEncryption Encryption(StorageLayout layout) => new(new MasterKeys(new SettingStore(layout, Clock)));

    /// <summary>The service as a process of its own has it.</summary>
    public ThumbnailService Service(StorageLayout layout) => new(
        layout, Tree(layout).ById, Tree(layout).Updates, new EntityStore(layout), Recycler(layout), new IdAllocator(layout), new SiteCatalog(layout, Clock),
        new PolicyContainers(layout, Clock), Encryption(layout), Clock, NullLogger<ThumbnailService>.Instance);

    public async Task<FileRecord> AddFileAsync(string name, byte[] content, string? encryption = null)
    {
        var layout = Installation.Connect();
        var entity = await AddEntityAsync(layout, content, encryption);
        return await Tree(layout).Creation.CreateAsync(
            Owner, new FilePath([name]), new NewEntry(FileType.File) { Id = entity.FileId, EntityId = entity.Id, Size = content.Length }, failIfExists: true);
    }

    public async Task<EntityRecord> AddEntityAsync(StorageLayout layout, byte[] content, string? encryption = null)
    {
        var ids = new IdAllocator(layout);
        var entity = new EntityRecord
        {
            Id = await ids.NextAsync(IdKind.Entity),
            FileId = await ids.NextAsync(IdKind.File),
            Size = content.Length,
            PolicyId = StoragePolicy.DefaultId,
            Source = $"uploads/{Guid.NewGuid():N}",
            CreatedBy = Owner,
            CreatedAt = Clock.GetUtcNow(),
            Encryption = encryption,
        };
        await layout.Container(layout.FilesContainerName).WriteAsync(entity.Source, BinaryData.FromBytes(content));
        await new EntityStore(layout).WriteNewAsync([entity]);
        return entity;
    }

    /// <summary>The file as it is stored now.</summary>
    public Task<FileRecord> ReadAsync(FileRecord file) => Tree(Installation.Connect()).ByPath.GetAsync(Owner, new FilePath([file.Name]));

    /// <summary>The names of all blobs.</summary>
    public async Task<List<string>> ListBlobsAsync()
    {
        var layout = Installation.Connect();
        return [.. (await layout.Container(layout.FilesContainerName).ListPageAsync("", null)).Blobs.Select(b => b.Name)];
    }
}
