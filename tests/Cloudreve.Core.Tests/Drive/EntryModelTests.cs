using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Testing.Azurite;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

/// <summary>The file tree against a dictionary from paths to types, over random sequences of creations.</summary>
public sealed class EntryModelTests(AzuriteServer azurite)
{
    private static readonly Gen<FilePath> AnyPath =
        Gen.OneOf(Gen.Char["ab#"].Select(c => c.ToString()), Gen.Char["?:"].Select(c => "x" + c)).Array[0, 4].Select(names => new FilePath(names));

    private static readonly Gen<(FilePath Path, FileType Type, bool FailIfExists)> AnyCreation =
        Gen.Select(Gen.Frequency((9, AnyPath.Where(p => p.Segments.All(FilePath.IsValidName))), (1, AnyPath)), Gen.Enum<FileType>(), Gen.Bool);

    [Fact]
    public async Task Given_any_creations_when_they_are_done_then_answers_and_tree_agree_with_the_model()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var tree = TreeParts.Over(layout);
        var owners = 1_000L;

        await AnyCreation.Array[1, 12].SampleAsync(
            async creations =>
            {
                var owner = Interlocked.Increment(ref owners);
                var model = new Dictionary<FilePath, FileType>();
                await tree.Roots.CreateAsync(owner);
                foreach (var (path, type, failIfExists) in creations)
                    Assert.Equal(Create(model, path, type, failIfExists), await CreateAsync(tree, owner, path, type, failIfExists));
                Assert.Equal(Describe(model), Describe(await ReadAsync(new FolderListing(layout, new HeavyReads()), DriveRoots.RootId(owner), FilePath.Root)));
            },
            iter: 40);
    }

    private static async Task<ErrorCode> CreateAsync(TreeParts tree, long owner, FilePath path, FileType type, bool failIfExists)
    {
        try
        {
            var created = await tree.Creation.CreateAsync(owner, path, new NewEntry(type), failIfExists);
            Assert.Equal((type, path.Name), (created.Type, created.Name));
            Assert.Equal(created.Id, (await tree.ByPath.GetAsync(owner, path)).Id);
            return ErrorCode.Ok;
        }
        catch (CloudreveException e)
        {
            return e.Code;
        }
    }

    private static ErrorCode Create(Dictionary<FilePath, FileType> model, FilePath path, FileType type, bool failIfExists)
    {
        if (path.IsRoot)
            return ErrorCode.NoPermission;
        if (!path.Segments.All(FilePath.IsValidName))
            return ErrorCode.IllegalName;
        for (var depth = 1; depth < path.Depth; depth++)
        {
            var folder = new FilePath([.. path.Segments.Take(depth)]);
            if (!model.TryAdd(folder, FileType.Folder) && model[folder] == FileType.File)
                return ErrorCode.ObjectExists;
        }
        return model.TryAdd(path, type) || (model[path] == type && !failIfExists) ? ErrorCode.Ok : ErrorCode.ObjectExists;
    }

    private static async Task<Dictionary<FilePath, FileType>> ReadAsync(FolderListing listing, long folderId, FilePath path)
    {
        var entries = new Dictionary<FilePath, FileType>();
        foreach (var entry in (await listing.ListAsync(folderId, FileOrder.Name, descending: false, 100, null)).Entries)
        {
            entries.Add(path.Child(entry.Name), entry.Type);
            if (entry.Type != FileType.Folder)
                continue;
            foreach (var (below, type) in await ReadAsync(listing, entry.Id, path.Child(entry.Name)))
                entries.Add(below, type);
        }
        return entries;
    }

    private static IEnumerable<string> Describe(Dictionary<FilePath, FileType> tree) =>
        tree.Select(e => $"{e.Key} {e.Value}").Order(StringComparer.Ordinal);
}
