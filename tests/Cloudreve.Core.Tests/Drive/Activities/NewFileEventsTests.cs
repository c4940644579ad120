using System.Globalization;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Activities;

/// <summary>New files that were written together share rows of the log, and have the events that others have.</summary>
public sealed class NewFileEventsTests(AzuriteServer azurite)
{
    private const int Files = 100;

    private static readonly Actor s_actor = new(DriveSite.Owner);
    private static readonly FilePath s_deep = new([.. Enumerable.Range(0, FilePath.MaxDepth - 1).Select(_ => new string('文', FilePath.MaxNameBytes / 3))]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Given_new_files_when_histories_are_read_page_by_page_then_each_was_created_and_uploaded(int pageSize)
    {
        var site = await DriveSite.CreateAsync(azurite);
        var log = site.Get<ActivityLog>();
        var files = FilesOf(i => $"/d{i % 2}/f{i}");
        await log.AppendAsync(DriveSite.Owner, [new FileEvent(ActivityCategory.FileRename, s_actor, files[70].File, null, files[70].Path)]);
        await log.AppendNewAsync(DriveSite.Owner, s_actor, files);
        await log.AppendAsync(DriveSite.Owner, [new FileEvent(ActivityCategory.MoveTo, s_actor, files[70].File, null, files[70].Path)]);

        var up = await ReadAsync(log, files[70].File.Id, pageSize, isAscending: true);
        var down = await ReadAsync(log, files[70].File.Id, pageSize, isAscending: false);

        Assert.Equal([ActivityCategory.FileRename, ActivityCategory.FileCreate, ActivityCategory.EntityUploaded, ActivityCategory.MoveTo], up.Select(a => a.Category));
        Assert.Equal(up.AsEnumerable().Reverse(), down);
        Assert.Equal((null, files[70].Path, 1070), (up[1].From, up[1].To, up[1].EntityId));
        Assert.Equal((files[70].Path, files[70].Path, 1070), (up[2].From, up[2].To, up[2].EntityId));
        Assert.Equal(2, (await ReadAsync(log, files[99].File.Id, pageSize, isAscending: true)).Count);
    }

    [Fact]
    public async Task Given_new_files_in_two_folders_when_the_drive_is_read_then_all_their_events_come_in_order()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var log = site.Get<ActivityLog>();
        var files = FilesOf(i => $"/d{i % 2}/f{i}");

        await log.AppendNewAsync(DriveSite.Owner, s_actor with { ClientId = "c" }, files);

        var events = await log.ReadFromAsync(DriveSite.Owner, "").ToListAsync();
        Assert.Equal(2 * Files, events.Count);
        Assert.Equal(events.Select(e => e.Key).Distinct().Order(StringComparer.Ordinal), events.Select(e => e.Key));
        Assert.All(events, e => Assert.Equal("c", e.ClientId));
        foreach (var (file, path) in files)
        {
            Assert.Equal(
                [(ActivityCategory.FileCreate, null, path), (ActivityCategory.EntityUploaded, path, path)],
                events.Where(e => e.FileId == file.Id).Select(e => (e.Category, e.From, e.To)));
        }
    }

    [Theory]
    [InlineData(98, 1)]
    [InlineData(100, 2)]
    public async Task Given_new_files_in_two_folders_when_logged_then_98_take_one_transaction(int count, int transactions)
    {
        var site = await DriveSite.CreateAsync(azurite);
        var files = FilesOf(i => $"/d{i % 2}/f{i}").Take(count).ToList();
        using var measured = site.Layout.Account.Transactions.Measure();

        await site.Get<ActivityLog>().AppendNewAsync(DriveSite.Owner, s_actor, files);

        Assert.Equal(transactions, measured.Total);
    }

    [Fact]
    public async Task Given_new_files_of_the_deepest_paths_when_logged_then_they_fit()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var log = site.Get<ActivityLog>();
        var files = FilesOf(_ => "/f").Select((file, i) => file with { Path = s_deep.Child(string.Create(CultureInfo.InvariantCulture, $"{new string('文', 80)}{i:d3}")) }).ToList();

        await log.AppendNewAsync(DriveSite.Owner, s_actor, files);

        var events = await log.ReadFromAsync(DriveSite.Owner, "").ToListAsync();
        Assert.Equal(files.Select(file => file.Path), events.Where(e => e.Category == ActivityCategory.FileCreate).Select(e => e.To));
    }

    private static List<NewFile> FilesOf(Func<int, string> pathOf) => [.. Enumerable.Range(0, Files).Select(i =>
    {
        var path = DriveSite.Path(pathOf(i));
        var file = new FileRecord
        {
            Id = 500 + i,
            ParentId = 5,
            OwnerId = DriveSite.Owner,
            Type = FileType.File,
            Name = path.Name,
            PrimaryEntityId = 1000 + i,
            CreatedAt = DateTimeOffset.UnixEpoch,
            UpdatedAt = DateTimeOffset.UnixEpoch,
        };
        return new NewFile(file, path);
    })];

    private static async Task<List<Activity>> ReadAsync(ActivityLog log, long fileId, int pageSize, bool isAscending)
    {
        var read = new List<Activity>();
        string? token = null;
        do
        {
            var page = await log.ReadAsync(DriveSite.Owner, fileId, new ActivityQuery(pageSize, isAscending, ActivityFilter.All, 0, token));
            read.AddRange(page.Activities);
            token = page.NextToken;
        }
        while (token is not null);
        return read;
    }
}
