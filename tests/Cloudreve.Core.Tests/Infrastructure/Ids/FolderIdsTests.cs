using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Ids;

public sealed class FolderIdsTests(AzuriteServer azurite)
{
    private const long Owner = 7;
    private const long Other = 8;

    [Fact]
    public async Task Given_folders_of_two_drives_when_made_in_turns_then_those_of_each_are_neighbours()
    {
        var ids = new IdAllocator((await Installation.CreateAsync(azurite)).Connect());
        var (own, others) = (new List<long>(), new List<long>());

        for (var i = 0; i < 30; i++)
        {
            own.Add(await ids.NextEntryAsync(Owner, FileType.Folder));
            others.Add(await ids.NextEntryAsync(Other, FileType.Folder));
        }

        Assert.Equal(own.Order().Distinct(), own);
        Assert.All(own, id => Assert.True(FileKeys.AreNeighbours(own[0], id)));
        Assert.All(others, id => Assert.False(FileKeys.AreNeighbours(own[0], id)));
    }

    [Fact]
    public async Task Given_a_process_that_starts_when_it_makes_a_folder_then_it_continues_in_the_drives_block()
    {
        var installation = await Installation.CreateAsync(azurite);
        var first = await new IdAllocator(installation.Connect()).NextEntryAsync(Owner, FileType.Folder);

        var later = await new IdAllocator(installation.Connect()).NextEntryAsync(Owner, FileType.Folder);

        Assert.True(later > first);
        Assert.True(FileKeys.AreNeighbours(first, later));
    }

    [Fact]
    public async Task Given_a_lease_when_folders_are_made_then_they_cost_nothing_and_the_next_is_twice_as_long()
    {
        var installation = await Installation.CreateAsync(azurite);
        await new IdAllocator(installation.Connect()).NextEntryAsync(Owner, FileType.Folder);
        var layout = installation.Connect();
        var ids = new IdAllocator(layout);
        using var measured = layout.Account.Transactions.Measure();

        for (var i = 0; i < 50; i++)
            await ids.NextEntryAsync(Owner, FileType.Folder);
        Assert.Equal(2, measured.Total);
        for (var i = 0; i < 100; i++)
            await ids.NextEntryAsync(Owner, FileType.Folder);
        Assert.Equal(3, measured.Total);
        await ids.NextEntryAsync(Owner, FileType.Folder);
        Assert.Equal(4, measured.Total);
    }

    [Fact]
    public async Task Given_many_folders_at_once_when_they_are_reserved_then_they_are_one_run()
    {
        var ids = new IdAllocator((await Installation.CreateAsync(azurite)).Connect());
        await ids.NextEntryAsync(Owner, FileType.Folder);

        var large = await ids.ReserveFoldersAsync(Owner, 2_500);
        var next = await ids.ReserveFoldersAsync(Owner, 3);

        Assert.Equal(2_500, large.Count);
        Assert.Equal(large.First + 2_500, next.First);
    }

    [Fact]
    public async Task Given_parallel_processes_when_they_make_folders_of_one_drive_then_no_id_is_given_twice()
    {
        var installation = await Installation.CreateAsync(azurite);
        IdAllocator[] processes = [new(installation.Connect()), new(installation.Connect()), new(installation.Connect())];

        var ranges = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => processes[i % 3].ReserveFoldersAsync(Owner, 1 + (i % 37))));

        AssertDisjoint(ranges);
    }

    [Theory]
    [InlineData(StorageFault.AnswerLost)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_calls_that_fail_when_folders_are_made_then_no_id_is_given_twice(StorageFault fault)
    {
        var installation = await Installation.CreateAsync(azurite);
        var ranges = new List<IdRange>();
        for (var failing = 0; failing < 6; failing++)
        {
            var calls = 0;
            var number = failing;
            var ids = new IdAllocator(installation.Connect(_ => calls++ == number ? fault : StorageFault.None));
            for (var i = 0; i < 4; i++)
            {
                try
                {
                    ranges.Add(await ids.ReserveFoldersAsync(Owner, 300));
                }
                catch (SimulatedCrashException)
                {
                    // The process lives on, and does not know whether the call had an effect.
                }
            }
        }

        AssertDisjoint(ranges);
        Assert.InRange(ranges.Count, 18, 24);
    }

    private static void AssertDisjoint(IEnumerable<IdRange> ranges)
    {
        var ordered = ranges.OrderBy(range => range.First).ToList();
        Assert.All(ordered.Zip(ordered.Skip(1)), pair => Assert.True(pair.First.First + pair.First.Count <= pair.Second.First));
    }
}
