using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

/// <summary>Storage transactions of the file tree. A count is exact: one more is a defect, one fewer a new promise.</summary>
public sealed class EntryCostTests(AzuriteServer azurite)
{
    private const long Owner = 7;
    private static readonly NewEntry File = new(FileType.File);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    [InlineData(4, 5)]
    [InlineData(5, 6)]
    [InlineData(6, 7)]
    public async Task Given_a_folder_at_a_depth_when_it_is_resolved_then_it_costs_one_more_than_the_depth(int depth, int cost)
    {
        var (tree, layout) = await NewDriveAsync(depth);

        Assert.Equal(cost, await MeasureAsync(layout, () => tree.ByPath.GetAsync(Owner, Folder(depth))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Given_a_file_at_a_depth_when_it_is_resolved_then_it_costs_the_depth(int depth)
    {
        var (tree, layout) = await NewDriveAsync(depth - 1);
        await tree.Creation.CreateAsync(Owner, Folder(depth - 1).Child("f"), File, failIfExists: true);

        Assert.Equal(depth, await MeasureAsync(layout, () => tree.ByPath.GetAsync(Owner, Folder(depth - 1).Child("f"))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task Given_a_folder_at_a_depth_when_only_its_id_is_needed_then_it_costs_the_depth(int depth)
    {
        var (tree, layout) = await NewDriveAsync(depth);

        Assert.Equal(depth, await MeasureAsync(layout, () => tree.ByPath.FindFolderIdAsync(Owner, Folder(depth))));
    }

    [Fact]
    public async Task Given_a_missing_folder_when_a_path_below_is_resolved_then_the_search_ends_there()
    {
        var (tree, layout) = await NewDriveAsync(1);

        Assert.Equal(2, await MeasureAsync(layout, () => tree.ByPath.FindAsync(Owner, Folder(1).Child("gone").Child("x").Child("y"))));
        Assert.Equal(1, await MeasureAsync(layout, () => tree.ByPath.FindAsync(Owner, Folder(1).Child("no|such?name").Child("x"))));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(6, 7)]
    public async Task Given_a_folder_when_a_file_is_created_in_it_then_it_costs_the_path_and_two(int depth, int cost)
    {
        var (tree, layout) = await NewDriveAsync(depth - 1);

        Assert.Equal(cost, await MeasureAsync(layout, () => tree.Creation.CreateAsync(Owner, Folder(depth - 1).Child("f"), File, failIfExists: true)));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    [InlineData(6, 8)]
    public async Task Given_a_folder_when_a_folder_is_created_in_it_then_it_costs_the_path_and_three(int depth, int cost)
    {
        var (tree, layout) = await NewDriveAsync(depth - 1);

        Assert.Equal(cost, await MeasureAsync(layout, () => tree.Creation.CreateAsync(Owner, Folder(depth), NewEntry.Folder, failIfExists: true)));
    }

    [Fact]
    public async Task Given_missing_folders_when_a_file_is_created_below_then_each_costs_three()
    {
        var (tree, layout) = await NewDriveAsync(1);

        // One read of f1, one of the missing f2, three for each of f2 to f4, two for the file.
        Assert.Equal(2 + (3 * 3) + 2, await MeasureAsync(layout, () => tree.Creation.CreateAsync(Owner, Folder(4).Child("f"), File, failIfExists: true)));
    }

    [Theory]
    [InlineData(FileType.File, 4)]
    [InlineData(FileType.Folder, 7)]
    public async Task Given_an_existing_entry_when_it_is_created_again_then_the_clash_stays_within_the_budget(FileType type, int cost)
    {
        var (tree, layout) = await NewDriveAsync(0);
        await tree.Creation.CreateAsync(Owner, Folder(1), new NewEntry(type), failIfExists: true);

        // Id row (and header), the insert that fails, the existing entry, and the id row (and header) removed again.
        Assert.Equal(cost, await MeasureAsync(layout, () => tree.Creation.CreateAsync(Owner, Folder(1), new NewEntry(type), failIfExists: false)));
    }

    [Fact]
    public async Task Given_an_entry_when_it_is_found_by_id_then_it_costs_two()
    {
        var (tree, layout) = await NewDriveAsync(2);
        var folder = await tree.ByPath.GetAsync(Owner, Folder(2));

        Assert.Equal(2, await MeasureAsync(layout, () => tree.ById.FindAsync(folder.Id)));
        Assert.Equal(1, await MeasureAsync(layout, () => tree.ById.FindAsync(folder.Id + 500)));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    [InlineData(5, 8)]
    public async Task Given_an_entry_at_a_depth_when_its_path_is_made_then_each_folder_above_costs_two(int depth, int cost)
    {
        var (tree, layout) = await NewDriveAsync(depth);
        var folder = await tree.ByPath.GetAsync(Owner, Folder(depth));

        Assert.Equal(cost, await MeasureAsync(layout, () => tree.ById.GetPathAsync(folder)));
    }

    private static FilePath Folder(int depth) => new([.. Enumerable.Range(1, depth).Select(i => $"f{i}")]);

    private static async Task<int> MeasureAsync(StorageLayout layout, Func<Task> call)
    {
        using var measured = layout.Account.Transactions.Measure();
        await call();
        return measured.Total;
    }

    /// <summary>A drive with one chain of folders, and a lease of ids that lasts for the test.</summary>
    private async Task<(TreeParts Tree, StorageLayout Layout)> NewDriveAsync(int depth)
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var ids = new IdAllocator(layout);
        await ids.NextAsync(IdKind.File);
        await ids.NextEntryAsync(Owner, FileType.Folder);
        var tree = TreeParts.Over(layout, ids: ids);
        await tree.Roots.CreateAsync(Owner);
        if (depth > 0)
            await tree.Creation.CreateAsync(Owner, Folder(depth), NewEntry.Folder, failIfExists: true);
        return (tree, layout);
    }
}
