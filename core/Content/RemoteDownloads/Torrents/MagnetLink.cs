using System.Text.RegularExpressions;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>A magnet link. Only its hashes, its name and trackers that may be called are passed on.</summary>
internal sealed partial class MagnetLink
{
    private const string Scheme = "magnet:?";

    private readonly IReadOnlyList<string> _hashes;
    private readonly string? _name;

    private MagnetLink(IReadOnlyList<string> hashes, string? name, IReadOnlyList<string> trackers) => (_hashes, _name, Trackers) = (hashes, name, trackers);

    /// <summary>The addresses of its trackers.</summary>
    public IReadOnlyList<string> Trackers { get; }

    /// <summary>Checks whether a link is a magnet link.</summary>
    public static bool IsOne(string link) => link.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a link.</summary>
    /// <exception cref="CloudreveException">40001: it names no torrent.</exception>
    public static MagnetLink Parse(string link)
    {
        var fields = link[Scheme.Length..].Split('&')
            .Select(field => field.Split('=', 2))
            .Where(field => field.Length == 2)
            .Select(field => (Name: field[0].ToLowerInvariant(), Value: Uri.UnescapeDataString(field[1].Replace('+', ' '))))
            .ToList();
        // Names may be numbered: tr.1, xt.1.
        var hashes = fields.Where(field => field.Name.Split('.')[0] == "xt" && Hash().IsMatch(field.Value)).Select(field => field.Value).ToList();
        if (hashes.Count == 0)
            throw new CloudreveException(ErrorCode.BadParameter, "The magnet link does not name a torrent.");
        return new MagnetLink(
            hashes,
            fields.Find(field => field.Name == "dn").Value,
            [.. fields.Where(field => field.Name.Split('.')[0] == "tr").Select(field => field.Value).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>The link with some of its trackers.</summary>
    public string With(IEnumerable<string> trackers) => Scheme + string.Join(
        '&',
        [
            .. _hashes.Select(hash => "xt=" + hash),
            .. _name is null ? (string[])[] : ["dn=" + Uri.EscapeDataString(_name)],
            .. trackers.Select(tracker => "tr=" + Uri.EscapeDataString(tracker)),
        ]);

    [GeneratedRegex(
        "^urn:(btih:([0-9a-f]{40}|[a-z2-7]{32})|btmh:1220[0-9a-f]{64})$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Hash();
}
