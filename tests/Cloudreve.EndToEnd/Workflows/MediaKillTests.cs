using System.Buffers.Binary;
using System.Text;
using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Workflows;

/// <summary>Kills host and worker at random moments while they import music and read its tags.</summary>
public sealed class MediaKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private const int Files = 60;

    // A message that a killed host had taken comes back after the ten minutes of the queue's extension.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(14);
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Fact]
    public async Task Music_that_was_imported_under_kills_has_its_tags()
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        await site.WriteAsync(Enumerable.Range(0, Files).Select(i => ($"music/f{i}.flac", Song($"Song {i}"))));

        await _plan.KillAsync(site, await site.Client.StartImportAsync("/music", "/music", readsMedia: true));
        await _plan.KillAsync(site);

        await site.AwaitAnswerAsync();
        var titles = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await site.EventuallyAsync(
            async () =>
            {
                foreach (var file in await site.Client.ListAsync("cloudreve://my/music"))
                {
                    if (file.TryGetProperty("metadata", out var tags) && tags.TryGetProperty("music:title", out var title))
                        titles[file.GetProperty("name").GetString()!] = title.GetString()!;
                }
                return titles.Count == Files;
            },
            s_limit);
        Assert.All(titles, file => Assert.Equal($"Song {file.Key[1..^5]}", file.Value));
        await _plan.AssertRestAsync(site);
    }

    /// <summary>A FLAC file without music, whose comments have a title.</summary>
    private static byte[] Song(string title)
    {
        var comment = Encoding.UTF8.GetBytes("TITLE=" + title);
        byte[] comments = [.. LittleEndian(0), .. LittleEndian(1), .. LittleEndian(comment.Length), .. comment];
        return [.. "fLaC"u8, 0, 0, 0, 34, .. new byte[34], 0x84, 0, 0, (byte)comments.Length, .. comments, .. new byte[100]];
    }

    private static byte[] LittleEndian(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }
}
