using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.EndToEnd;

/// <summary>
/// How a test kills the app while it imports a tree, and what the tree must be afterwards. <c>./dev crash</c> runs the long form:
/// it sets CLOUDREVE_CRASH_KILLS, _FILES and _SEED.
/// </summary>
internal sealed class CrashPlan
{
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
        Number("CLOUDREVE_CRASH_KILLS") ?? 5,
        Number("CLOUDREVE_CRASH_FILES") ?? 600,
        Number("CLOUDREVE_CRASH_SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>What makes the run repeatable.</summary>
    public string Description { get; }

    /// <summary>For each kill the time that the app is left alone before.</summary>
    public IReadOnlyList<TimeSpan> Delays { get; }

    /// <summary>Writes the tree beside the app.</summary>
    public Task WriteSourceAsync(RunningApp app) => Parallel.ForEachAsync(
        _sizes,
        new ParallelOptions { MaxDegreeOfParallelism = 8 },
        async (file, _) => await app.WriteAsync("src/" + file.Key, new byte[file.Value]));

    /// <summary>Checks that the import has completed with each file once, that the quota is exact, and that all rows fit together.</summary>
    public async Task AssertExactAsync(RunningApp app, string taskId, ITestOutputHelper output)
    {
        var ended = await app.AwaitTaskAsync(taskId);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(_sizes.Values.Sum(), (await app.GetAsync("/api/v4/user/capacity")).GetProperty("used").GetInt64());
        Assert.Equal(_sizes.OrderBy(f => f.Key, StringComparer.Ordinal), (await ReadTreeAsync(app)).OrderBy(f => f.Key, StringComparer.Ordinal));
        var findings = await TreeIntegrity.CheckAsync(app.Storage, app.Prefix);
        Assert.Empty(findings.Problems);
        // A kill while the destination folder is created leaves its id row and its header, which nobody can reach.
        output.WriteLine($"{findings.Leftovers.Count} rows are left over");
        Assert.InRange(findings.Leftovers.Count, 0, 2 * Delays.Count);
    }

    private static async Task<Dictionary<string, int>> ReadTreeAsync(RunningApp app)
    {
        var files = new Dictionary<string, int>();
        foreach (var folder in await app.NamesAsync("cloudreve://my/copy"))
        {
            foreach (JsonElement file in await app.FilesAsync($"cloudreve://my/copy/{folder}"))
                files.Add($"{folder}/{file.GetProperty("name").GetString()}", file.GetProperty("size").GetInt32());
        }
        return files;
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
