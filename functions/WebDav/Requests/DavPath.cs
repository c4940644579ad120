using System.Text;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>The path that a request addresses: names below the account's root, and the mount address that it uses.</summary>
/// <param name="Mount">The address of the root as hrefs show it, without a trailing slash.</param>
/// <param name="Segments">Names, decoded.</param>
internal sealed record DavPath(string Mount, IReadOnlyList<string> Segments)
{
    /// <summary>The address of the protocol.</summary>
    public const string Root = "/dav";

    private const string NextcloudRoot = "/remote.php/webdav";
    private const string NextcloudFiles = "/remote.php/dav/files";
    private const string NextcloudUploads = "/remote.php/dav/uploads";

    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>True if the address ends with a slash, as those of folders do.</summary>
    public bool HasSlash { get; init; }

    /// <summary>True if the path belongs to uploads in chunks, which hold no files: its segments are an upload and a chunk of it.</summary>
    public bool IsUpload { get; init; }

    /// <summary>True if the path is the root itself.</summary>
    public bool IsRoot => Segments.Count == 0;

    /// <summary>The last name; empty for the root.</summary>
    public string Name => IsRoot ? "" : Segments[^1];

    /// <summary>The path that a request addresses.</summary>
    /// <param name="http">The request; its path has come decoded.</param>
    /// <exception cref="DavException">404: it is not below a root.</exception>
    public static DavPath Of(HttpContext http) =>
        Find(http.Request.Path.Value ?? "", Split) ?? FindUpload(http.Request.Path.Value ?? "") ?? throw new DavException(StatusCodes.Status404NotFound, "There is nothing here.");

    /// <summary>Reads a path of files that is escaped as in a URI; null when it is not below a root.</summary>
    /// <exception cref="DavException">400: it is not UTF-8, or a name has a slash.</exception>
    public static DavPath? Parse(string path) => Find(path, text => [.. Split(text).Select(Unescape)]);

    /// <summary>The address of an entry.</summary>
    /// <param name="isFolder">True if it is a folder, whose address ends with a slash.</param>
    public string Href(bool isFolder) => Href([], isFolder);

    /// <summary>The address of something below.</summary>
    /// <param name="below">Names.</param>
    /// <param name="isFolder">True if it is a folder.</param>
    public string Href(IEnumerable<string> below, bool isFolder)
    {
        var text = new StringBuilder(Mount);
        foreach (var name in Segments.Concat(below))
            text.Append('/').Append(Uri.EscapeDataString(name));
        if (isFolder)
            text.Append('/');
        return text.ToString();
    }

    /// <summary>The place below an account's root.</summary>
    public FileUri In(FileUri root)
    {
        var path = new FilePath([.. root.Path.Segments, .. Segments]);
        return path.Depth <= FilePath.MaxDepth
            ? root.At(path)
            : throw new DavException(StatusCodes.Status403Forbidden, $"The path is deeper than {FilePath.MaxDepth} levels.");
    }

    /// <summary>Checks whether another path is below this one, or the same.</summary>
    /// <param name="other">The other one.</param>
    public bool Covers(DavPath other) => other.Segments.Count >= Segments.Count && Segments.SequenceEqual(other.Segments.Take(Segments.Count));

    private static DavPath? Find(string path, Func<string, string[]> split)
    {
        foreach (var mount in (string[])[Root, NextcloudRoot])
        {
            if (Below(path, mount) is { } rest)
                return new DavPath(mount, split(rest)) { HasSlash = path.EndsWith('/') };
        }
        return FindOfUser(path, NextcloudFiles, split);
    }

    private static DavPath? FindUpload(string path) => FindOfUser(path, NextcloudUploads, Split) is { } found ? found with { IsUpload = true } : null;

    // The next name is the user's, which is known from the sign-in.
    private static DavPath? FindOfUser(string path, string mount, Func<string, string[]> split) => Below(path, mount) is { } rest && split(rest) is [var user, .. var names]
        ? new DavPath($"{mount}/{Uri.EscapeDataString(user)}", names) { HasSlash = path.EndsWith('/') }
        : null;

    private static string? Below(string path, string mount) =>
        path.StartsWith(mount, StringComparison.OrdinalIgnoreCase) && (path.Length == mount.Length || path[mount.Length] == '/')
            ? path[mount.Length..]
            : null;

    // Clients that join a folder with a trailing slash and "/name" send two slashes.
    private static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static string Unescape(string name)
    {
        try
        {
            var bytes = new List<byte>(name.Length);
            for (var i = 0; i < name.Length; i++)
            {
                if (name[i] == '%' && i + 2 < name.Length && char.IsAsciiHexDigit(name[i + 1]) && char.IsAsciiHexDigit(name[i + 2]))
                {
                    bytes.Add(Convert.ToByte(name.Substring(i + 1, 2), 16));
                    i += 2;
                    continue;
                }
                var length = char.IsHighSurrogate(name[i]) && i + 1 < name.Length ? 2 : 1;
                bytes.AddRange(s_utf8.GetBytes(name.Substring(i, length)));
                i += length - 1;
            }
            var text = s_utf8.GetString([.. bytes]);
            return text.Contains('/', StringComparison.Ordinal)
                ? throw new DavException(StatusCodes.Status400BadRequest, "A name contains a slash.")
                : text;
        }
        catch (ArgumentException)
        {
            throw new DavException(StatusCodes.Status400BadRequest, "The path is not valid UTF-8.");
        }
    }
}
