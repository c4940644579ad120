using System.Globalization;
using System.Security.Cryptography;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.EndToEnd.Imports;

/// <summary>
/// The plan by which a test kills processes while a site imports a tree, and the expected tree afterwards. <c>./dev crash</c> runs the long
/// form: it sets CLOUDREVE_CRASH_KILLS, _FILES and _SEED.
/// </summary>
internal sealed class CrashPlan
{
    /// <summary>The folder that is imported.</summary>
    public const string Source = "src";

    private readonly Dictionary<string, int> _sizes;

    private CrashPlan(int kills, int files, int seed)
    {
        Description = $"{kills} kills, {files} files, seed {seed}";
        // Not for security: a seed repeats the moments of the kills.
#pragma warning disable CA5394
        var random = new Random(seed);
        Delays = [.. Enumerable.Range(0, kills).Select(_ => TimeSpan.FromMilliseconds(random.Next(30, 1500)))];
#pragma warning restore CA5394
        var folders = Math.Max(1, files / 10);
        _sizes = Enumerable.Range(0, files).ToDictionary(i => string.Create(CultureInfo.InvariantCulture, $"d{i % folders:d4}/f{i:d5}"), i => i % 7);
    }

    /// <summary>The plan that the environment asks for, or a short one.</summary>
    public static CrashPlan Current() => new(
        Number("CLOUDREVE_CRASH_KILLS") ?? 2,
        Number("CLOUDREVE_CRASH_FILES") ?? 600,
        Number("CLOUDREVE_CRASH_SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>The parameters that make the run repeatable.</summary>
    public string Description { get; }

    /// <summary>Bytes of the tree.</summary>
    public long TotalBytes => _sizes.Values.Sum();

    /// <summary>Number of files.</summary>
    public int Files => _sizes.Count;

    /// <summary>The time before each kill that its target is left alone.</summary>
    public IReadOnlyList<TimeSpan> Delays { get; }

    /// <summary>Writes the tree beside the site.</summary>
    /// <param name="site">The site.</param>
    /// <param name="folder">The folder that holds it.</param>
    public Task WriteTreeAsync(Site site, string folder) => site.WriteAsync(_sizes.Select(file => ($"{folder}/{file.Key}", new byte[file.Value])));

    /// <summary>Writes the tree beside the site and begins to import it.</summary>
    /// <returns>The task's id.</returns>
    public async Task<string> StartImportAsync(Site site)
    {
        await site.Client.SignInAsync();
        await WriteTreeAsync(site, Source);
        return await site.Client.StartImportAsync("/" + Source, "/copy");
    }

    /// <summary>Checks that the import has completed with each file once, that the quota is exact, and that all rows fit together.</summary>
    public async Task AssertExactAsync(Site site, string taskId, ITestOutputHelper output)
    {
        var task = await site.Client.FindTaskAsync(taskId);
        Assert.True(task.GetProperty("status").GetString() == "completed", $"{task}\n{site.Host.Story}");
        Assert.Equal(TotalBytes, (await site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64());
        await AssertTreeAsync(site, "cloudreve://my/copy");
        var findings = await TreeIntegrity.CheckAsync(site.Storage, site.Prefix);
        Assert.Empty(findings.Problems);
        // A kill while the destination folder is created leaves its id row and its header, which nobody can reach.
        output.WriteLine($"{findings.Leftovers.Count} rows are left over");
        Assert.InRange(findings.Leftovers.Count, 0, 2 * Delays.Count);
        await Integrity.AssertAsync(site, leftovers: 2 * Delays.Count);
    }

    /// <summary>Checks that a folder has each file once.</summary>
    /// <param name="site">The site.</param>
    /// <param name="uri">The folder.</param>
    public async Task AssertTreeAsync(Site site, string uri) =>
        Assert.Equal(_sizes.OrderBy(f => f.Key, StringComparer.Ordinal), (await ReadTreeAsync(site.Client, uri)).OrderBy(f => f.Key, StringComparer.Ordinal));

    private static async Task<Dictionary<string, int>> ReadTreeAsync(SiteClient client, string uri)
    {
        var files = new Dictionary<string, int>();
        foreach (var folder in await client.ListNamesAsync(uri))
        {
            foreach (var file in await client.ListAsync($"{uri}/{folder}"))
                files.Add($"{folder}/{file.GetProperty("name").GetString()}", file.GetProperty("size").GetInt32());
        }
        return files;
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
