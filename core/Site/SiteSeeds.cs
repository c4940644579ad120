using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Site;

/// <summary>The initial content of a new site (contract, section 22).</summary>
internal static class SiteSeeds
{
    private const long Gibibyte = 1L << 30;

    public static IReadOnlyList<Group> Groups { get; } =
    [
        new Group
        {
            Id = Group.AdminId,
            Name = "Admin",
            MaxStorage = 1024 * Gibibyte,
            Permissions = Boolset.Of(0, 2, 3, 4, 5, 6, 7, 9, 11, 12, 16),
            Settings = Limits with { SourceBatch = 1000, Aria2Batch = 50 },
            StoragePolicyId = StoragePolicy.DefaultId,
        },
        new Group
        {
            Id = Group.UserId,
            Name = "User",
            MaxStorage = Gibibyte,
            Permissions = Boolset.Of(2, 7, 11),
            Settings = Limits with { SourceBatch = 10, Aria2Batch = 1 },
            StoragePolicyId = StoragePolicy.DefaultId,
        },
        new Group
        {
            Id = Group.AnonymousId,
            Name = "Anonymous",
            Permissions = Boolset.Of(1, 7),
            Settings = Limits,
        },
    ];

    public static Node Master { get; } = new()
    {
        Id = Node.MasterId,
        Name = "Master",
        IsMaster = true,
        Capabilities = Boolset.Of((int)NodeFeature.CreateArchive, (int)NodeFeature.ExtractArchive, (int)NodeFeature.RemoteDownload),
    };

    private static GroupSettings Limits => new() { MaxWalkedFiles = 100_000, TrashRetention = 604_800, RedirectedSource = true };

    /// <summary>Direct uploads to a container of the app's own account.</summary>
    /// <param name="layout">Names the container.</param>
    public static StoragePolicy DefaultPolicy(StorageLayout layout) => new()
    {
        Id = StoragePolicy.DefaultId,
        Name = "Default storage policy",
        Driver = StorageDriver.AzureBlob,
        BucketName = layout.FilesContainerName,
        DirNameRule = OwnAreas.Uploads + "{uid}/{path}",
        FileNameRule = "{uid}_{randomkey8}_{originname}",
        Settings = new StoragePolicySettings { ChunkSize = 26_214_400, PreAllocate = true },
    };
}
