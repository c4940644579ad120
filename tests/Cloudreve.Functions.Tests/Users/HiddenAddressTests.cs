using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Users;

/// <summary>Tests that a site that hides mail addresses shows none in any response about files.</summary>
public sealed class HiddenAddressTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    public async Task FileInfo_EntityOfAnother_ShowsTheAddressOnlyWhereTheSiteDoes(string setting, bool isShown)
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["expose_user_email"] = setting });
        var (owner, user) = await app.NewUserAsync();
        await app.AddFileAsync(user, "/in/a.txt", [1]);
        var url = (await owner.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/in" })).Data.GetString()!;
        var (visitor, _) = await app.NewUserAsync();
        var uri = Uri.EscapeDataString($"cloudreve://{url[(url.LastIndexOf('/') + 1)..]}@share/a.txt");

        var info = (await visitor.GetApiAsync("file/info?extended=true&uri=" + uri)).Data.GetProperty("extended_info");
        var own = (await owner.GetApiAsync("file/info?extended=true&uri=cloudreve%3A%2F%2Fmy%2Fin%2Fa.txt")).Data;

        var creator = Assert.Single(info.GetProperty("entities").EnumerateArray()).GetProperty("created_by");
        Assert.Equal(isShown, creator.TryGetProperty("email", out _));
        Assert.Contains(user.Email, own.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileActivities_OfAnotherUser_HideTheAddress()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["expose_user_email"] = "0" });
        var (owner, user) = await app.NewUserAsync();
        var (_, other) = await app.NewUserAsync();
        var file = await app.AddFileAsync(user, "/a.txt", [1]);
        await app.Services.GetRequiredService<ActivityLog>().AppendAsync(
            user.Id, [new FileEvent(ActivityCategory.FileRename, new Actor(other.Id), file, FilePath.ParsePlain("/b.txt"), FilePath.ParsePlain("/a.txt"))],
            TestContext.Current.CancellationToken);

        var answer = (await owner.GetApiAsync("file/activities?page_size=10&uri=cloudreve%3A%2F%2Fmy%2Fa.txt")).Data;

        Assert.NotEmpty(answer.GetProperty("activities").EnumerateArray());
        Assert.DoesNotContain(other.Email, answer.GetRawText(), StringComparison.Ordinal);
    }
}
