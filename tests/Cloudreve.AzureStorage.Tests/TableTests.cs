using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Cloudreve.AzureStorage.Tests;

public sealed class TableTests(AzuriteServer azurite)
{
    private async Task<(StorageAccount Account, Table Table)> NewTableAsync(Func<StorageCall, StorageFault>? faults = null)
    {
        var name = AzuriteServer.UniqueName();
        await azurite.Connect().Table(name).CreateIfNotExistsAsync();
        var account = azurite.Connect(faults);
        return (account, account.Table(name));
    }

    [Fact]
    public async Task Given_a_row_with_every_type_when_it_is_read_then_the_values_are_the_same()
    {
        var (_, table) = await NewTableAsync();
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await table.InsertAsync(new Row("p", "r") { ["text"] = "ü😀", ["number"] = 1L << 50, ["flag"] = true, ["time"] = time, ["bytes"] = new byte[] { 1, 2 } });

        var row = await table.FindAsync("p", "r");

        Assert.NotNull(row);
        Assert.Equal("ü😀", row.Text("text"));
        Assert.Equal(1L << 50, row.Number("number"));
        Assert.True(row.Flag("flag"));
        Assert.Equal(time, row.Time("time"));
        Assert.Equal([1, 2], row.Bytes("bytes")!);
        Assert.Null(row.Text("absent"));
    }

    [Fact]
    public async Task Given_an_existing_row_when_a_batch_inserts_it_then_nothing_happens_and_the_index_is_named()
    {
        var (_, table) = await NewTableAsync();
        await table.InsertAsync(new Row("p", "b"));

        var error = await Assert.ThrowsAsync<StorageExistsException>(() =>
            table.SubmitAsync(new TableBatch("p").Insert(new Row("p", "a")).Insert(new Row("p", "b"))));

        Assert.Equal(1, error.FailedIndex);
        Assert.Null(await table.FindAsync("p", "a"));
    }

    [Fact]
    public async Task Given_a_missing_header_when_a_batch_merges_it_then_the_whole_batch_fails()
    {
        var (_, table) = await NewTableAsync();

        await Assert.ThrowsAsync<StorageNotFoundException>(() =>
            table.SubmitAsync(new TableBatch("p").Merge(new Row("p", "!")).Insert(new Row("p", "a"))));

        Assert.Null(await table.FindAsync("p", "a"));
    }

    [Fact]
    public async Task Given_a_changed_row_when_it_is_replaced_by_its_old_version_then_the_call_fails()
    {
        var (_, table) = await NewTableAsync();
        var etag = await table.InsertAsync(new Row("p", "a"));
        await table.UpsertAsync(new Row("p", "a") { ["x"] = 1 });

        await Assert.ThrowsAsync<StorageChangedException>(() => table.ReplaceAsync(new Row("p", "a"), etag));
    }

    [Fact]
    public async Task Given_calls_in_a_measured_flow_when_they_are_counted_then_the_count_is_exact()
    {
        var (account, table) = await NewTableAsync();
        using var measured = account.Transactions.Measure();

        await table.FindAsync("p", "a");
        await table.SubmitAsync(new TableBatch("p").Insert(new Row("p", "a")).Insert(new Row("p", "b")));
        await table.QueryPageAsync(new RowRange("p"));

        Assert.Equal(3, measured.Total);
    }

    [Fact]
    public async Task Given_a_busy_service_when_a_call_is_made_then_the_pipeline_tries_again()
    {
        var calls = 0;
        var (account, table) = await NewTableAsync(_ => ++calls <= 2 ? StorageFault.Unavailable : StorageFault.None);

        await table.InsertAsync(new Row("p", "a"));

        Assert.Equal(3, account.Transactions.Total);
    }

    [Fact]
    public async Task Given_a_crash_after_a_call_when_it_is_injected_then_the_effect_stays()
    {
        var (_, table) = await NewTableAsync(call => call.Method == "POST" ? StorageFault.CrashAfter : StorageFault.None);

        await Assert.ThrowsAsync<SimulatedCrashException>(() => table.InsertAsync(new Row("p", "a")));

        Assert.NotNull(await table.FindAsync("p", "a"));
    }

    [Fact]
    public void Given_a_batch_over_two_partitions_when_it_is_built_then_it_is_refused() =>
        Assert.Throws<StorageException>(() => new TableBatch("p").Insert(new Row("q", "a")));

    [Fact]
    public void Given_101_operations_when_a_batch_is_built_then_it_is_refused()
    {
        var batch = new TableBatch("p");
        for (var i = 0; i < 100; i++)
            batch.Insert(new Row("p", $"{i}"));
        Assert.Throws<StorageException>(() => batch.Insert(new Row("p", "100")));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\u0001b")]
    public void Given_a_forbidden_key_character_when_it_is_checked_then_it_is_refused(string key) =>
        Assert.Throws<StorageException>(() => AzureLimits.CheckKey(key));

    [Fact]
    public void Given_a_row_over_one_mebibyte_when_it_is_checked_then_it_is_refused()
    {
        var row = new Row("p", "r");
        for (var i = 0; i < 17; i++)
            row[$"p{i}"] = new string('x', 32 * 1024);
        Assert.Throws<StorageException>(() => AzureLimits.Check(row));
    }

    [Fact]
    public void Given_253_properties_when_they_are_checked_then_they_are_refused()
    {
        var row = new Row("p", "r");
        for (var i = 0; i < 253; i++)
            row[$"p{i}"] = i;
        Assert.Throws<StorageException>(() => AzureLimits.Check(row));
    }
}
