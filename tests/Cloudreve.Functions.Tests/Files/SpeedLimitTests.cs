using System.Net.Http.Headers;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Tests that the speed limit of a group holds for every way in which its members read content.</summary>
public sealed class SpeedLimitTests(ClockedApp clocked) : IClassFixture<ClockedApp>, IAsyncLifetime
{
    private const int BytesPerSecond = 1_000;
    private const int Size = 3_000;
    private const string ViewerId = "af01b85b-f57d-46d2-8ad6-1d9b96548e78";
    private const string Viewers =
        $$"""
        [{"viewers":[{"id":"{{ViewerId}}","type":"wopi","display_name":"Office","exts":["docx"],
          "wopi_actions":{"docx":{"edit":"http://office.example/edit?<ui=UI_LLCC&>"} } }]}]
        """;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(125);

    private AppFixture App => clocked.App;

    public async ValueTask InitializeAsync()
    {
        await App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [ViewerSetting.Viewers.Key] = Viewers });
        await App.ChangeGroupAsync(Group.UserId, group => group with
        {
            SpeedLimit = BytesPerSecond,
            Permissions = group.Permissions.With((int)GroupPermission.ArchiveDownload, value: true),
        });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Given_a_group_with_a_speed_limit_when_a_viewer_reads_a_file_then_the_limit_holds()
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.AddFileAsync(user, "a.docx", new byte[Size]);
        var answer = await client.SendApiAsync(
            HttpMethod.Put, "file/viewerSession", new { uri = "cloudreve://my/a.docx", viewer_id = ViewerId, preferred_action = "edit" });
        Assert.Equal(0, answer.Code);
        var token = answer.Data.GetProperty("session").GetProperty("access_token").GetString()!;
        var id = (await App.GetSiteAsync()).HashIds.Encode(file.Id, HashIdKind.File);

        var (length, elapsed) = await ReadAsync($"/api/v4/file/wopi/{id}/contents?access_token={Uri.EscapeDataString(token)}");

        Assert.Equal(Size, length);
        Assert.True(elapsed >= TimeSpan.FromSeconds((double)Size / BytesPerSecond) - (2 * s_step), $"{elapsed}");
    }

    [Fact]
    public async Task Given_a_group_with_a_speed_limit_when_an_archive_is_downloaded_then_the_limit_holds()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "folder/a.bin", new byte[Size]);
        var answer = await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/folder" }, archive = true });
        Assert.Equal(0, answer.Code);

        var (length, elapsed) = await ReadAsync(new Uri(answer.Data.GetProperty("urls")[0].GetProperty("url").GetString()!).PathAndQuery);

        Assert.InRange(length, Size, 2 * Size);
        Assert.True(elapsed >= TimeSpan.FromSeconds((double)Size / BytesPerSecond) - (2 * s_step), $"{elapsed}");
    }

    /// <summary>Reads an answer to its end, and moves the clock only while nothing comes.</summary>
    private async Task<(long Length, TimeSpan Elapsed)> ReadAsync(string pathAndQuery)
    {
        using var client = new HttpClient { BaseAddress = App.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, pathAndQuery);
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        var start = clocked.Clock.GetUtcNow();
        var sending = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await AwaitAsync(sending);
        using var answer = (await sending).EnsureSuccessStatusCode();
        await using var content = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[Size];
        for (var length = 0L; ;)
        {
            var reading = content.ReadAsync(buffer).AsTask();
            await AwaitAsync(reading);
            if (await reading is 0)
                return (length, clocked.Clock.GetUtcNow() - start);
            length += await reading;
        }
    }

    private async Task AwaitAsync(Task task)
    {
        while (await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(20))) != task)
            clocked.Clock.Advance(s_step);
    }
}
