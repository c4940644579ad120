using System.Security.Cryptography;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Imports;

/// <summary>The steps of an administrator who brings files into a drive.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed class ImportJourneyTests(SharedSite shared)
{
    private readonly Site _site = shared.Site;

    [Fact]
    public async Task An_imported_tree_can_be_followed_browsed_and_downloaded_byte_for_byte()
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        await _site.WriteAsync(("photos/2024/Zürich #1 50%.bin", content), ("photos/readme.txt", "hello"u8.ToArray()));
        var used = await ReadUsedBytesAsync();

        var id = await _site.Client.StartImportAsync("/photos", "/Pictures");
        await _site.EventuallyAsync(async () => (await _site.Client.FindTaskAsync(id)).GetProperty("status").GetString() is "completed" or "error");

        var task = await _site.Client.FindTaskAsync(id);
        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal(0, task.GetProperty("summary").GetProperty("props").GetProperty("failed").GetInt64());
        var progress = await _site.Client.GetAsync($"workflow/progress/{id}");
        Assert.Equal(2, progress.GetProperty("imported").GetProperty("current").GetInt64());
        Assert.Equal(["2024", "readme.txt"], await _site.Client.ListNamesAsync("cloudreve://my/Pictures"));
        var file = Assert.Single(await _site.Client.ListAsync("cloudreve://my/Pictures/2024"));
        Assert.Equal("Zürich #1 50%.bin", file.GetProperty("name").GetString());
        Assert.Equal(300_000, file.GetProperty("size").GetInt64());
        var uri = file.GetProperty("path").GetString()!;
        var info = await _site.Client.GetAsync("file/info?extended=true&uri=" + Uri.EscapeDataString(uri));
        Assert.Equal(file.GetProperty("id").GetString(), info.GetProperty("id").GetString());
        Assert.Equal(content, await _site.Client.DownloadAsync(uri));
        Assert.Equal(used + 300_005, await ReadUsedBytesAsync());
    }

    [Fact]
    public async Task A_blob_found_by_the_scan_becomes_a_file_of_its_user()
    {
        await _site.WriteAsync(($"imports/{_site.Client.UserId}/scanned/letter 1.pdf", "%PDF"u8.ToArray()));

        // The scan of an emulator may miss a blob; then the app finds it within two minutes.
        await _site.EventuallyAsync(async () => (await _site.Client.ListNamesAsync("cloudreve://my")).Contains("scanned"), TimeSpan.FromMinutes(4));
        await _site.EventuallyAsync(async () => (await _site.Client.ListNamesAsync("cloudreve://my/scanned")).Contains("letter 1.pdf"));
        Assert.Equal("%PDF"u8.ToArray(), await _site.Client.DownloadAsync("cloudreve://my/scanned/letter%201.pdf"));
    }

    private async Task<long> ReadUsedBytesAsync() => (await _site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64();
}
