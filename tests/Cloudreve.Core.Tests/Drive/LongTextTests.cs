using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

/// <summary>Tests that growing texts do not have to fit into one property of a row.</summary>
public sealed class LongTextTests(AzuriteServer azurite)
{
    private static readonly FilePath s_deep = new([.. Enumerable.Range(0, FilePath.MaxDepth).Select(_ => new string('文', FilePath.MaxNameBytes / 3))]);

    [Theory]
    [InlineData(0)]
    [InlineData(31_999)]
    [InlineData(32_000)]
    [InlineData(100_000)]
    public async Task Write_TextOfAnyLength_ComesBack(int length)
    {
        // A surrogate pair lies across every border.
        var text = length == 0 ? "" : "x" + string.Concat(Enumerable.Repeat("😀", length / 2));
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var row = new Row("p", "r");
        LongText.Write(row, "t", text);
        await layout.Schedules.InsertAsync(row);

        Assert.Equal(text, LongText.Read((await layout.Schedules.FindAsync("p", "r"))!, "t") ?? "");
    }

    [Fact]
    public async Task AppendAsync_EventsOfTheDeepestPaths_ComeBack()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var file = await site.PutAsync("f");
        var log = site.Get<ActivityLog>();

        await log.AppendAsync(DriveSite.Owner, [.. Enumerable.Range(0, 60).Select(_ => new FileEvent(ActivityCategory.MoveTo, new Actor(1), file, s_deep, s_deep))]);

        var page = await log.ReadAsync(DriveSite.Owner, file.Id, new ActivityQuery(100, IsAscending: true, ActivityFilter.All, 0, null));
        Assert.Equal(60, page.Activities.Count);
        Assert.All(page.Activities, a => Assert.Equal((s_deep, s_deep), (a.From, a.To)));
    }

    [Fact]
    public void Read_PathOfAnEarlierRelease_IsTheSame()
    {
        var row = new Row("p", "r") { ["path"] = JsonSerializer.Serialize(s_deep.Segments.Take(2)), ["root"] = "[]" };

        Assert.Equal(new FilePath([.. s_deep.Segments.Take(2)]), PathText.Read(row, "path"));
        Assert.Equal(FilePath.Root, PathText.Read(row, "root"));
        Assert.Null(PathText.Read(row, "none"));
    }

    [Fact]
    public async Task AcquireAsync_LockOfTheDeepestPath_ComesBack()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var locks = site.Get<DriveLocks>();
        var wanted = new DriveLock
        {
            Token = DriveLocks.NewToken(DriveSite.Owner),
            OwnerId = DriveSite.Owner,
            Path = s_deep,
            Application = new LockApplication("dav", new string('文', 40_000)),
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
        };

        await locks.AcquireAsync(await locks.ReadAsync(DriveSite.Owner), wanted);

        var held = Assert.Single((await locks.ReadAsync(DriveSite.Owner)).Locks);
        Assert.Equal((wanted.Path, wanted.Application), (held.Path, held.Application));
    }

    [Fact]
    public void Describe_UserWithAsManyPinsAsMayBe_ComesBackWhole()
    {
        var pins = Enumerable.Range(0, UserSettings.MaxPins).Select(i => new PinnedPlace($"cloudreve://my/{i}", new string('文', 250))).ToList();
        var user = new User { Id = 1, Email = "a@example.com", Nick = "a", GroupId = 1, CreatedAt = DateTimeOffset.UnixEpoch, Settings = new UserSettings { Pinned = pins } };

        Assert.Equal(pins, UserRows.Read(UserRows.Describe(user)).Settings.Pinned);
        Assert.InRange(AzureLimits.Check(UserRows.Describe(user)), 1, 1024 * 1024);
    }

    [Fact]
    public async Task SetAsync_LongestSetting_ComesBack()
    {
        var store = new SettingStore((await Installation.CreateAsync(azurite)).Connect(), TimeProvider.System);
        var text = string.Concat(Enumerable.Repeat("文", SettingChange.MaxText));

        await store.SetAsync(new Dictionary<string, string> { ["siteDes"] = text, ["site_notice"] = "" });
        Assert.Equal(text, (await store.GetAsync()).TextOf(SettingChange.Find("siteDes")!));
        await store.SetAsync(new Dictionary<string, string> { ["siteDes"] = "short" });

        Assert.Equal("short", (await store.GetAsync()).TextOf(SettingChange.Find("siteDes")!));
    }

    [Theory]
    [InlineData('x', 65_535, true)]
    [InlineData('文', 12_000, true)]
    [InlineData('文', 65_535, true)]
    [InlineData('x', 70_000, false)]
    public async Task Apply_LongMetadataValue_IsStoredOrRefused(char letter, int length, bool isAllowed)
    {
        var value = new string(letter, length);
        var rules = new MetadataRules(new Dictionary<string, CustomProperty>(), new HashIdCodec("test"));
        if (!isAllowed)
        {
            Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => rules.CheckNew(new Dictionary<string, string> { ["dav:x"] = value }, mayBeShortcut: false)).Code);
            return;
        }
        var metadata = rules.Apply(new Dictionary<string, string>(), [new MetadataPatch("dav:x", value)]);
        var site = await DriveSite.CreateAsync(azurite);
        var file = await site.PutAsync("f");

        await site.Tree.Updates.UpdateAsync(file, f => f with { Metadata = metadata });

        Assert.Equal(value, (await site.Tree.ByPath.GetAsync(DriveSite.Owner, DriveSite.Path("f"))).Metadata["dav:x"]);
    }
}
