using System.Globalization;
using System.Security.Cryptography;
using Xunit;

namespace Cloudreve.EndToEnd;

/// <summary>What an administrator does to import files, whoever hosts the app.</summary>
internal static class ImportJourney
{
    /// <summary>Signs in, imports a small tree, follows the task, browses and downloads.</summary>
    public static async Task ImportAndBrowseAsync(RunningApp app)
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        await app.WriteAsync("photos/2024/Zürich #1 50%.bin", content);
        await app.WriteAsync("photos/readme.txt", "hello"u8.ToArray());
        await app.SignInAsync();

        var task = await app.ImportAsync("/photos", "/Pictures");

        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal(0, task.GetProperty("summary").GetProperty("props").GetProperty("failed").GetInt64());
        var progress = await app.GetAsync($"/api/v4/workflow/progress/{task.GetProperty("id").GetString()}");
        Assert.Equal(2, progress.GetProperty("imported").GetProperty("current").GetInt64());
        Assert.Equal(["2024", "readme.txt"], await app.NamesAsync("cloudreve://my/Pictures"));
        var file = Assert.Single(await app.FilesAsync("cloudreve://my/Pictures/2024"));
        Assert.Equal("Zürich #1 50%.bin", file.GetProperty("name").GetString());
        Assert.Equal(300_000, file.GetProperty("size").GetInt64());
        var info = await app.GetAsync("/api/v4/file/info?extended=true&uri=" + Uri.EscapeDataString(file.GetProperty("path").GetString()!));
        Assert.Equal(file.GetProperty("id").GetString(), info.GetProperty("id").GetString());
        Assert.Equal(content, await app.DownloadAsync(file));
        Assert.Equal(300_005, (await app.GetAsync("/api/v4/user/capacity")).GetProperty("used").GetInt64());
    }

    /// <summary>Fills /src with files of three bytes in many folders.</summary>
    public static Task WriteManyAsync(RunningApp app, int files, int folders) => Parallel.ForEachAsync(
        Enumerable.Range(0, files),
        new ParallelOptions { MaxDegreeOfParallelism = 8 },
        async (i, _) => await app.WriteAsync("src/" + NameOf(i, folders), new byte[3]));

    /// <summary>Checks that an import of these files into /copy completed with each file once and an exact quota.</summary>
    public static async Task AssertExactAsync(RunningApp app, string taskId, int files, int folders)
    {
        var task = await app.AwaitTaskAsync(taskId);
        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal(files * 3, (await app.GetAsync("/api/v4/user/capacity")).GetProperty("used").GetInt64());
        var names = new List<string>();
        foreach (var folder in await app.NamesAsync("cloudreve://my/copy"))
            names.AddRange((await app.NamesAsync($"cloudreve://my/copy/{folder}")).Select(n => $"{folder}/{n}"));
        Assert.Equal(Enumerable.Range(0, files).Select(i => NameOf(i, folders)).Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    private static string NameOf(int file, int folders) => string.Create(CultureInfo.InvariantCulture, $"d{file % folders:d2}/f{file:d4}");
}
