using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Tables;

/// <summary>Lists in order of id over many partitions.</summary>
public sealed class NumberedRowsTests(AzuriteServer azurite)
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_rows_in_sparse_blocks_when_all_pages_are_read_then_each_row_comes_once_in_order(bool descending)
    {
        var site = await StartAsync();
        var expected = Enumerable.Range(0, 40).Select(i => 1000 + (i * 337L)).ToList();
        await site.AddAsync(expected, 15_000);
        if (descending)
            expected.Reverse();

        var listed = new List<long>();
        for (var page = 0; page < 7; page++)
        {
            var found = await site.Rows.ListAsync(new ListWindow(page * 7, 7, descending), null);
            Assert.Equal(40, found.Total);
            listed.AddRange(found.Items.Select(row => FileKeys.ParseId(row.RowKey)));
        }

        Assert.Equal(expected, listed);
    }

    [Fact]
    public async Task Given_a_condition_when_a_page_is_read_then_positions_and_total_are_of_what_it_leaves()
    {
        var site = await StartAsync();
        await site.AddAsync(Enumerable.Range(1000, 2500).Select(i => (long)i), 4000);

        var found = await site.Rows.ListAsync(new ListWindow(200, 3, Descending: false), "u eq 3L");

        Assert.Equal(250, found.Total);
        Assert.Equal([3003, 3013, 3023], found.Items.Select(row => FileKeys.ParseId(row.RowKey)));
    }

    [Fact]
    public async Task Given_a_short_list_when_rows_come_and_go_then_the_next_page_has_them_and_costs_as_much()
    {
        var site = await StartAsync();
        await site.AddAsync(Enumerable.Range(1000, 2500).Select(i => (long)i), 4000);
        await site.Rows.ListAsync(new ListWindow(0, 10, Descending: true), null);
        await site.AddAsync([3500], 4000);

        using var measured = site.Layout.Account.Transactions.Measure();
        var found = await site.Rows.ListAsync(new ListWindow(0, 10, Descending: true), null);

        // The end of the list, three to count, and the last of three blocks with those that are read along with it.
        Assert.Equal(1 + 3 + 3, measured.Total);
        Assert.Equal((2501, 3500), (found.Total, FileKeys.ParseId(found.Items[0].RowKey)));
    }

    [Fact]
    public async Task Given_a_long_list_when_pages_far_apart_are_read_then_each_costs_no_more_than_a_few_blocks()
    {
        var site = await StartAsync();
        await site.AddAsync(Enumerable.Range(1000, 12_000).Select(i => (long)i), 13_000);
        var first = await site.Rows.ListAsync(new ListWindow(0, 10, Descending: false), null);
        Assert.Equal((12_000, 1000), (first.Total, FileKeys.ParseId(first.Items[0].RowKey)));

        foreach (var (skip, id) in ((long, long)[])[(0, 1000), (5995, 6995), (11_990, 12_990)])
        {
            using var measured = site.Layout.Account.Transactions.Measure();
            var found = await site.Rows.ListAsync(new ListWindow(skip, 10, Descending: false), null);

            Assert.Equal((12_000, id, 10), (found.Total, FileKeys.ParseId(found.Items[0].RowKey), found.Items.Count));
            Assert.InRange(measured.Total, 2, 1 + 16);
        }
    }

    [Fact]
    public async Task Given_a_long_list_when_new_rows_come_then_they_show_at_once_and_count_minutes_later()
    {
        var site = await StartAsync();
        await site.AddAsync(Enumerable.Range(1000, 11_500).Select(i => (long)i), 13_000);
        await site.Rows.ListAsync(new ListWindow(0, 1, Descending: true), null);
        await site.AddAsync([12_600, 13_200], 14_000);

        var found = await site.Rows.ListAsync(new ListWindow(0, 2, Descending: true), null);

        Assert.Equal([13_200, 12_600], found.Items.Select(row => FileKeys.ParseId(row.RowKey)));
        _clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(11_502, (await site.Rows.ListAsync(new ListWindow(0, 2, Descending: true), null)).Total);
    }

    [Fact]
    public async Task Given_a_list_that_one_process_counted_when_another_reads_it_then_it_costs_no_more()
    {
        var site = await StartAsync();
        await site.AddAsync(Enumerable.Range(1000, 12_000).Select(i => (long)i), 13_000);
        await site.Rows.ListAsync(new ListWindow(0, 10, Descending: true), null);
        var other = site with { Rows = ListOf(site.Layout) };

        foreach (var (skip, id) in ((long, long)[])[(0, 12_999), (6000, 6999)])
        {
            using var measured = site.Layout.Account.Transactions.Measure();
            var found = await other.Rows.ListAsync(new ListWindow(skip, 10, Descending: true), null);

            // The end of the list with the census, and the page with blocks that may have rows since.
            Assert.Equal(1 + 8, measured.Total);
            Assert.Equal((12_000, id), (found.Total, FileKeys.ParseId(found.Items[0].RowKey)));
        }
    }

    [Fact]
    public async Task Given_an_old_census_when_another_process_lists_then_it_serves_and_is_counted_bit_by_bit()
    {
        var site = await StartAsync();
        await site.AddAsync(Enumerable.Range(1000, 22_500).Select(i => (long)i), 24_000);
        await site.Rows.ListAsync(new ListWindow(0, 10, Descending: true), null);
        await site.RemoveAsync(Enumerable.Range(1000, 500).Select(i => (long)i));
        _clock.Advance(TimeSpan.FromDays(1));
        var other = site with { Rows = ListOf(site.Layout) };

        var costs = new List<(long Cost, long Total)>();
        for (var page = 0; page < 3; page++)
        {
            using var measured = site.Layout.Account.Transactions.Measure();
            var found = await other.Rows.ListAsync(new ListWindow(0, 10, Descending: true), null);
            costs.Add((measured.Total, found.Total));
        }

        var whole = (22_000 + 999) / 1000;
        Assert.Equal(
            [(1 + NumberedRows.RecountsPerRequest + 8, 22_500), (1 + (whole - NumberedRows.RecountsPerRequest) + 1 + 8, 22_000), (1 + 8, 22_000)], costs);
    }

    [Fact]
    public async Task Given_a_list_grown_by_many_blocks_since_its_census_when_listed_then_no_row_is_missing()
    {
        var site = await StartAsync();
        await site.AddAsync(Enumerable.Range(1000, 11_000).Select(i => (long)i), 12_000);
        await site.Rows.ListAsync(new ListWindow(0, 10, Descending: true), null);
        await site.AddAsync(Enumerable.Range(0, 60).Select(block => 12_000 + (block * 1000L)), 72_000);

        var listed = new List<long>();
        for (var page = 0; page < 7; page++)
            listed.AddRange((await site.Rows.ListAsync(new ListWindow(page * 10, 10, Descending: true), null)).Items.Select(row => FileKeys.ParseId(row.RowKey)));

        Assert.Equal([.. Enumerable.Range(0, 60).Reverse().Select(block => 12_000 + (block * 1000L)), .. Enumerable.Range(0, 10).Select(i => 11_999L - i)], listed);
    }

    [Fact]
    public async Task Given_an_empty_list_when_it_is_read_then_it_is_empty()
    {
        var site = await StartAsync();

        var found = await site.Rows.ListAsync(new ListWindow(0, 10, Descending: true), null);

        Assert.Equal((0, 0), (found.Items.Count, found.Total));
    }

    private async Task<Site> StartAsync()
    {
        var layout = new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName()[..12]);
        foreach (var table in layout.AllTables)
            await table.CreateIfNotExistsAsync();
        return new Site(layout, ListOf(layout));
    }

    private NumberedRows ListOf(StorageLayout layout) => new(layout.Tasks, new IdAllocator(layout), IdKind.Task, "i", null, _clock);

    private sealed record Site(StorageLayout Layout, NumberedRows Rows)
    {
        /// <summary>Adds rows, and others that are none of the list's.</summary>
        public async Task AddAsync(IEnumerable<long> ids, long end)
        {
            foreach (var chunk in ids.GroupBy(FileKeys.IdBlock).SelectMany(block => block.Chunk(AzureLimits.BatchOperations)))
            {
                var batch = new TableBatch("i" + FileKeys.IdBlock(chunk[0]));
                foreach (var id in chunk)
                    batch.Upsert(new Row(batch.PartitionKey, FileKeys.Id(id)) { ["u"] = id % 10 });
                await Layout.Tasks.SubmitAsync(batch);
            }
            await Layout.Tasks.UpsertAsync(new Row("u7", "other"));
            await Layout.IdLeases.UpsertAsync(new Row(nameof(IdKind.Task), "next") { ["next"] = end });
        }

        public async Task RemoveAsync(IEnumerable<long> ids)
        {
            foreach (var id in ids)
                await Layout.Tasks.DeleteAsync("i" + FileKeys.IdBlock(id), FileKeys.Id(id));
        }
    }
}
