using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders;

/// <summary>Reads answers of programs. One that is not as it should be is an error of its own, whatever it breaks.</summary>
internal static partial class DownloaderAnswer
{
    /// <summary>Reads an answer.</summary>
    /// <param name="program">The program that should be there.</param>
    /// <exception cref="RetryLaterException">The answer is not one of the program.</exception>
    public static T Read<T>(string program, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw NotOne(program, e);
        }
    }

    /// <summary>Checks the text of a version, which administrators see.</summary>
    /// <param name="program">The program that should be there.</param>
    /// <exception cref="RetryLaterException">It is something else.</exception>
    public static string ReadVersion(string program, string? text) => text is not null && Version().IsMatch(text) ? text : throw NotOne(program);

    /// <summary>The error of an answer that is not one of the program.</summary>
    public static RetryLaterException NotOne(string program, Exception? reason = null) => new($"The address of the downloader does not lead to {program}.", reason);

    [GeneratedRegex(@"^v?[0-9]{1,4}(\.[0-9]{1,4}){1,3}([-+.]?[0-9A-Za-z]{1,16})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Version();
}
