using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>The values that the names of new blobs are built from.</summary>
/// <param name="UserId">The owner of the file.</param>
/// <param name="Path">The file's path in the drive.</param>
/// <param name="EntityId">The blob's entity.</param>
/// <param name="At">The current time, in the time zone of dates.</param>
internal sealed record BlobNamingContext(long UserId, FilePath Path, long EntityId, DateTimeOffset At);

/// <summary>Names blobs by the rules of their storage policy (contract, section 12).</summary>
internal static class BlobNaming
{
    private const int MaxLength = 1_000;

    private static readonly string[] Unique = ["{uuid}", "{randomkey16}", "{randomkey8}"];

    /// <summary>Creates the name of a new blob. Names are unique, whatever the rules are.</summary>
    /// <param name="policy">Has the rules.</param>
    /// <param name="context">The known facts about the file.</param>
    public static string Create(StoragePolicy policy, BlobNamingContext context)
    {
        var name = Clean(Expand(policy.FileNameRule.Length == 0 ? "{uuid}" : policy.FileNameRule, context).Replace('/', '_'));
        if (!Unique.Any(v => policy.FileNameRule.Length == 0 || (policy.DirNameRule + policy.FileNameRule).Contains(v, StringComparison.Ordinal)))
            name = string.Create(CultureInfo.InvariantCulture, $"{context.EntityId:x}_{name}");
        var folders = Expand(policy.DirNameRule, context).Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Clean);
        var path = string.Join('/', folders.Append(name));
        // A deep folder: its names would not fit into the blob's, so only its unique part is kept.
        return path.Length <= MaxLength
            ? path
            : string.Create(CultureInfo.InvariantCulture, $"{OwnAreas.Uploads}{context.UserId}/{context.EntityId:x}_{Guid.NewGuid():N}{Clean(Extension(context.Path.Name))}");
    }

    private static string Expand(string rule, BlobNamingContext context)
    {
        var text = new StringBuilder(rule.Length + 64);
        for (var i = 0; i < rule.Length;)
        {
            var close = rule[i] == '{' ? rule.IndexOf('}', i) : -1;
            if (close > 0 && ValueOf(rule.AsSpan(i + 1, close - i - 1), context) is { } value)
            {
                text.Append(value);
                i = close + 1;
            }
            else
            {
                text.Append(rule[i++]);
            }
        }
        return text.ToString();
    }

    private static string? ValueOf(ReadOnlySpan<char> variable, BlobNamingContext context) => variable switch
    {
        "randomkey16" => RandomText.Draw(16),
        "randomkey8" => RandomText.Draw(8),
        "timestamp" => context.At.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        "timestamp_nano" => ((context.At - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture),
        "randomnum2" => RandomDigits(2),
        "randomnum3" => RandomDigits(3),
        "randomnum4" => RandomDigits(4),
        "randomnum8" => RandomDigits(8),
        "uid" => context.UserId.ToString(CultureInfo.InvariantCulture),
        "datetime" => Format(context, "yyyyMMddHHmmss"),
        "date" => Format(context, "yyyyMMdd"),
        "year" => Format(context, "yyyy"),
        "month" => Format(context, "MM"),
        "day" => Format(context, "dd"),
        "hour" => Format(context, "HH"),
        "minute" => Format(context, "mm"),
        "second" => Format(context, "ss"),
        "uuid" => Guid.NewGuid().ToString("D"),
        "ext" => Extension(context.Path.Name),
        "originname" => context.Path.Name,
        "originname_without_ext" => context.Path.Name[..^Extension(context.Path.Name).Length],
        "path" => string.Join('/', context.Path.Parent.Segments),
        _ => null,
    };

    private static string Format(BlobNamingContext context, string format) => context.At.ToString(format, CultureInfo.InvariantCulture);

    private static string RandomDigits(int count) => RandomNumberGenerator.GetString("0123456789", count);

    private static string Extension(string name) => Path.GetExtension(name);

    /// <summary>A segment that is safe in addresses and listings: no control characters, no final dot, not empty.</summary>
    private static string Clean(string segment)
    {
        var text = new StringBuilder(segment.Length);
        foreach (var c in segment)
            text.Append(char.IsControl(c) || c is '\\' or '\uFFFE' or '\uFFFF' ? '_' : c);
        if (text.Length == 0 ? segment.Length > 0 : text[^1] is '.' or ' ')
            text.Append('_');
        return text.ToString();
    }
}
