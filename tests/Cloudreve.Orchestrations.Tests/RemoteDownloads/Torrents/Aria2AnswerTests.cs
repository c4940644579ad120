using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>Answers of no aria2.</summary>
public sealed class Aria2AnswerTests(AzuriteServer azurite)
{
    private static readonly Torrent s_torrent = new("t", ("a.bin", new byte[20_000]));

    [Theory]
    [InlineData("gid", "\"0123456789abcdef\"")]
    [InlineData("gid", "\"../../secret\"")]
    [InlineData("gid", "5")]
    [InlineData("status", "\"unheard-of\"")]
    [InlineData("dir", "7")]
    [InlineData("files", "{}")]
    [InlineData("files", """[{"index":"1","path":5}]""")]
    [InlineData("files", """[{"index":"99999999999","path":"/a","length":"1"}]""")]
    [InlineData("files", """[{"index":"1","path":"/a","length":"9007199254740993"}]""")]
    [InlineData("bitfield", "\"no bits\"")]
    [InlineData("numPieces", "\"9999999999\"")]
    [InlineData("followedBy", "7")]
    public async Task Given_an_odd_status_when_a_download_is_looked_at_then_that_is_the_error(string field, string value)
    {
        await using var aria2 = new Aria2Double(s_torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2));
        var (downloader, key) = await site.AddAsync(s_torrent, aria2.Folder);
        aria2.Change = (method, answer) => method == "aria2.tellStatus" ? With(answer, field, value) : answer;

        var odd = await Assert.ThrowsAsync<RetryLaterException>(() => downloader.FindAsync(key, TestContext.Current.CancellationToken));

        Assert.Equal("The address of the downloader does not lead to aria2.", odd.Message);
    }

    [Fact]
    public async Task Given_a_follower_in_another_folder_when_a_download_ends_then_that_one_is_left_alone()
    {
        const string Foreign = "fedcba9876543210";
        await using var aria2 = new Aria2Double(s_torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2));
        var (downloader, key) = await site.AddAsync(s_torrent, aria2.Folder);
        aria2.Change = (method, answer) => method == "aria2.tellStatus" ? With(answer, "followedBy", $"[\"{Foreign}\"]") : answer;

        var found = await downloader.FindAsync(key with { Follower = Foreign }, TestContext.Current.CancellationToken);
        await downloader.RemoveAsync(key with { Follower = Foreign }, TestContext.Current.CancellationToken);

        Assert.Null(found);
        Assert.DoesNotContain(aria2.Calls, call => call.Gid == Foreign && call.Method != "aria2.tellStatus");
        Assert.Equal(0, aria2.Count);
    }

    [Theory]
    [InlineData("""{"result":{"version":"<script>"}}""")]
    [InlineData("""{"result":{"version":7}}""")]
    [InlineData("""{"result":[]}""")]
    [InlineData("""{"error":"denied"}""")]
    [InlineData("[]")]
    public async Task Given_an_odd_version_when_it_is_tested_then_that_is_the_error(string answer)
    {
        await using var aria2 = new Aria2Double(s_torrent) { Change = (_, _) => JsonSerializer.Deserialize<JsonElement>(answer) };
        await using var site = await TorrentSite.CreateAsync(azurite, null);

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<DownloaderCatalog>().TestAsync(TorrentSite.SettingsOf(aria2)));

        Assert.StartsWith("The address of the downloader does not lead to aria2.", refused.Message, StringComparison.Ordinal);
    }

    private static JsonNode With(object answer, string field, string value)
    {
        var changed = JsonSerializer.SerializeToNode(answer)!;
        if (changed["result"] is { } result)
            result[field] = JsonNode.Parse(value);
        return changed;
    }
}
