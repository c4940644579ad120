using Cloudreve.Core.Sharing;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Xunit;

namespace Cloudreve.Functions.Tests.Shares;

/// <summary>Tests what strangers can find out by trying.</summary>
public sealed partial class ShareApiTests
{
    [Fact]
    public async Task Given_links_of_ones_own_when_ids_like_theirs_are_tried_then_the_client_is_stopped()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var url = await ShareAsync(owner, new { uri = "cloudreve://my/in" });
        var own = IdOf(url);
        var attacker = App.CreateClient();

        foreach (var text in Enumerable.Range(0, LinkMisses.Most).Select(i => own[..^2] + (char)('a' + (i % 26)) + (char)('A' + (i / 26))).Where(text => text != own))
            Assert.Equal(404, (await attacker.GetApiAsync("share/info/" + text)).Code);
        await attacker.GetApiAsync("share/info/" + own[1..]);
        await attacker.GetApiAsync("share/info/" + own[1..]);

        Assert.Equal(404, (await attacker.GetApiAsync("share/info/" + own)).Code);
        clocked.Clock.Advance(LinkMisses.Window);
        Assert.Equal(0, (await attacker.GetApiAsync("share/info/" + own)).Code);
    }

    [Fact]
    public async Task Given_a_shared_file_with_an_earlier_version_when_guests_look_then_they_see_the_current()
    {
        var (owner, _) = await App.NewUserAsync();
        await WriteAsync(owner, "cloudreve://my/in/a.txt", "secret"u8.ToArray());
        await WriteAsync(owner, "cloudreve://my/in/a.txt", "public!"u8.ToArray());
        var url = await ShareAsync(owner, new { uri = "cloudreve://my/in" });
        var shared = $"cloudreve://{IdOf(url)}@share/a.txt";
        var info = (await owner.GetApiAsync("file/info?extended=true&uri=" + Uri.EscapeDataString("cloudreve://my/in/a.txt"))).Data.GetProperty("extended_info");
        var earlier = Assert.Single(info.GetProperty("entities").EnumerateArray(), entity => entity.GetProperty("size").GetInt64() == 6).GetProperty("id").GetString();
        var guest = App.CreateClient();

        var seen = (await guest.GetApiAsync("file/info?extended=true&uri=" + Uri.EscapeDataString(shared))).Data.GetProperty("extended_info");

        Assert.Equal(7, Assert.Single(seen.GetProperty("entities").EnumerateArray()).GetProperty("size").GetInt64());
        Assert.Equal(7, seen.GetProperty("storage_used").GetInt64());
        Assert.Equal(40081, (await guest.PostApiAsync("file/url", new { uris = new[] { shared }, entity = earlier })).Code);
        Assert.Equal(0, (await owner.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/in/a.txt" }, entity = earlier })).Code);
    }
}
