using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Cloudreve.Testing.Proxies;

/// <summary>Names what a request to the emulator does, coarsely enough to be counted.</summary>
internal static partial class StorageOperation
{
    private const int LongestStart = 4_096;

    /// <summary>The verb, and the table, container or queue.</summary>
    public static async Task<string> DescribeAsync(HttpRequest request)
    {
        // The first segment is the account.
        var resource = request.Path.Value!.Split('/') is [_, _, var name, ..] ? name.Split('(')[0] : "";
        return resource == "$batch" ? $"batch {await FindTableAsync(request)}" : $"{request.Method} {resource}";
    }

    /// <summary>A batch names its table in its parts, all of which have the same.</summary>
    private static async Task<string> FindTableAsync(HttpRequest request)
    {
        request.EnableBuffering();
        var start = new byte[LongestStart];
        var length = await request.Body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false);
        request.Body.Position = 0;
        return PartPattern().Match(Encoding.ASCII.GetString(start, 0, length)).Groups["table"].Value;
    }

    [GeneratedRegex("(GET|POST|PUT|PATCH|MERGE|DELETE) http://[^/]+/[^/]+/(?<table>[A-Za-z0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartPattern();
}
