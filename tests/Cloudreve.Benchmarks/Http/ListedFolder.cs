using System.Globalization;
using Cloudreve.Benchmarks.Apps;

namespace Cloudreve.Benchmarks.Http;

/// <summary>The folder that is listed, with its empty files.</summary>
internal static class ListedFolder
{
    public const string Uri = "cloudreve://my/listed";
    private const int Files = 100;

    /// <summary>One of the files.</summary>
    public static string File { get; } = UriOf(0);

    /// <summary>Makes folder and files.</summary>
    public static async Task CreateAsync(ApiClient api)
    {
        await CreateAsync(api, Uri, "folder");
        for (var i = 0; i < Files; i++)
            await CreateAsync(api, UriOf(i), "file");
    }

    private static string UriOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{Uri}/file%20{number:d3}.txt");

    private static async Task CreateAsync(ApiClient api, string uri, string type) =>
        await api.SendAsync(HttpMethod.Post, "file/create", new { uri, type, err_on_conflict = true });
}
