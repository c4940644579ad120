using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Tables;

public sealed class DueNotesTests(AzuriteServer azurite)
{
    private const string Partition = "kind";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero));

    [Fact]
    public async Task RunAsync_NoteThatFails_OthersHaveTheirTurn()
    {
        var (layout, notes) = await NewNotesAsync("a", "bad", "c");

        Assert.Equal(["a", "bad", "c"], await RunAsync(layout, notes));

        var left = Assert.Single(await Installation.ReadPartitionAsync(layout.Schedules, Partition));
        Assert.EndsWith("|bad", left.RowKey, StringComparison.Ordinal);
        Assert.Equal("bad", left.Text("n"));
    }

    [Fact]
    public async Task RunAsync_NoteThatFailsAgainAndAgain_IsTriedWithGrowingDistance()
    {
        var (layout, notes) = await NewNotesAsync("bad");
        var distances = new List<double>();
        for (var run = 0; run < 9; run++)
        {
            Assert.Equal(["bad"], await RunAsync(layout, notes));
            Assert.Empty(await RunAsync(layout, notes));
            var next = DueOf(Assert.Single(await Installation.ReadPartitionAsync(layout.Schedules, Partition)));
            distances.Add((next - _clock.GetUtcNow()).TotalMinutes);
            _clock.SetUtcNow(next.AddSeconds(1));
        }

        Assert.Equal([15, 30, 60, 120, 240, 480, 960, 1440, 1440], distances);
    }

    [Fact]
    public async Task RunAsync_NoteThatIsNotDone_StaysDue()
    {
        var (_, notes) = await NewNotesAsync("a");
        var calls = 0;

        for (var run = 0; run < 2; run++)
        {
            await notes.RunAsync(Partition, 1, (_, _) =>
            {
                calls++;
                return Task.CompletedTask;
            });
        }

        Assert.Equal(2, calls);
    }

    private static DateTimeOffset DueOf(Row note) =>
        DateTimeOffset.FromUnixTimeSeconds(long.Parse(note.RowKey.AsSpan(0, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    private async Task<(StorageLayout Layout, DueNotes Notes)> NewNotesAsync(params string[] names)
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        foreach (var name in names)
            await layout.Schedules.InsertAsync(new Row(Partition, DueNotes.Key(_clock.GetUtcNow().AddSeconds(-1), name)) { ["n"] = name });
        return (layout, new DueNotes(layout, _clock, NullLogger<DueNotes>.Instance));
    }

    /// <summary>Runs once; a note called bad fails, all others are done.</summary>
    private static async Task<List<string>> RunAsync(StorageLayout layout, DueNotes notes)
    {
        var seen = new List<string>();
        await notes.RunAsync(Partition, 1, async (note, token) =>
        {
            seen.Add(note.RequiredText("n"));
            if (note.Text("n") == "bad")
                throw new FormatException("Not what was expected.");
            await layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: token);
        });
        return seen;
    }
}
