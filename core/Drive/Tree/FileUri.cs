using System.Globalization;
using System.Text;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The file systems that a URI can name (contract, section 8).</summary>
public enum FileSystemKind
{
    /// <summary>A user's own drive.</summary>
    My,

    /// <summary>The shared entry of a share link.</summary>
    Share,

    /// <summary>The caller's trash.</summary>
    Trash,

    /// <summary>Shortcuts to shares that the caller saved.</summary>
    SharedWithMe,
}

/// <summary>
/// A file URI, <c>cloudreve://[id[:password]@]fs/path?query</c>, decoded once into segments. Parsing and printing are
/// inverse: a printed URI parses to an equal one, and printing a parsed canonical URI gives the same text.
/// </summary>
/// <param name="Id">Hash id of the user (my) or share (share); empty for the caller's own.</param>
/// <param name="Password">The share's password; empty for none.</param>
/// <param name="Path">The path in the file system.</param>
public sealed record FileUri(FileSystemKind FileSystem, string Id, string Password, FilePath Path)
{
    /// <summary>The longest URI that is accepted from clients, in characters: the longest path, each byte of it escaped, and a query.</summary>
    public const int MaxCharacters = (FilePath.MaxDepth * ((3 * FilePath.MaxNameBytes) + 1)) + 8_192;

    private const string Scheme = "cloudreve://";

    /// <summary>Search parameters in order; empty for a plain listing.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <summary>The caller's own drive at a path.</summary>
    /// <param name="path">The path in the drive.</param>
    public static FileUri My(FilePath path) => new(FileSystemKind.My, "", "", path);

    /// <summary>The same place with another path and no query.</summary>
    /// <param name="path">The other path.</param>
    public FileUri At(FilePath path) => this with { Path = path, Query = [] };

    /// <summary>Parses what a client sent.</summary>
    /// <param name="text">The URI.</param>
    /// <exception cref="CloudreveException">40001 for any malformed URI.</exception>
    public static FileUri Parse(string? text) => Parse(text, ErrorCode.BadParameter);

    /// <summary>Parses the URI of something that is to be created: a slash within a name makes it a bad name.</summary>
    /// <param name="text">The URI.</param>
    /// <exception cref="CloudreveException">40052 for a name with a slash, 40001 for any other malformed URI.</exception>
    public static FileUri ParseNew(string? text) => Parse(text, ErrorCode.IllegalName);

    /// <summary>Parses a URI that was stored, however deep its path is.</summary>
    /// <param name="text">The URI.</param>
    internal static FileUri ParseStored(string text) => ParseAny(text, ErrorCode.BadParameter);

    private static FileUri Parse(string? text, ErrorCode slash)
    {
        if (text?.Length > MaxCharacters)
            throw Malformed();
        var uri = ParseAny(text, slash);
        DriveDepth.Require(uri.Path.Depth);
        return uri;
    }

    private static FileUri ParseAny(string? text, ErrorCode slash)
    {
        if (text is null || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || text.Contains('#', StringComparison.Ordinal))
            throw Malformed();
        var rest = text[Scheme.Length..];
        var query = "";
        if (rest.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark)
            (rest, query) = (rest[..mark], rest[(mark + 1)..]);
        var start = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = start < 0 ? rest : rest[..start];
        var at = authority.LastIndexOf('@');
        var (id, password) = at < 0 ? ("", "") : ParseUserInfo(authority[..at]);
        return new FileUri(ParseFileSystem(authority[(at + 1)..]), id, password, ParsePath(start < 0 ? "" : rest[start..], slash))
        {
            Query = ParseQuery(query),
        };
    }

    /// <summary>Prints the canonical form, escaped like encodeURIComponent.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Scheme);
        if (Id.Length > 0 || Password.Length > 0)
        {
            text.Append(Escape(Id));
            if (Password.Length > 0)
                text.Append(':').Append(Escape(Password));
            text.Append('@');
        }
        text.Append(Print(FileSystem));
        foreach (var segment in Path.Segments)
            text.Append('/').Append(Escape(segment));
        for (var i = 0; i < Query.Count; i++)
            text.Append(i == 0 ? '?' : '&').Append(Escape(Query[i].Key)).Append('=').Append(Escape(Query[i].Value));
        return text.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(FileUri? other) =>
        other is not null && FileSystem == other.FileSystem && Id == other.Id && Password == other.Password
        && Path.Equals(other.Path) && Query.SequenceEqual(other.Query);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(FileSystem, Id, Password, Path);

    /// <summary>Escapes text like encodeURIComponent: letters, digits and <c>- _ . ~ ! * ' ( )</c> stay.</summary>
    /// <param name="text">Any text without lone surrogates.</param>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "-_.~!*'()".Contains((char)b, StringComparison.Ordinal))
                escaped.Append((char)b);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }
        return escaped.ToString();
    }

    private static (string Id, string Password) ParseUserInfo(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (Unescape(text), "") : (Unescape(text[..colon]), Unescape(text[(colon + 1)..]));
    }

    private static FileSystemKind ParseFileSystem(string host) => host.ToLowerInvariant() switch
    {
        "my" => FileSystemKind.My,
        "share" => FileSystemKind.Share,
        "trash" => FileSystemKind.Trash,
        "shared_with_me" => FileSystemKind.SharedWithMe,
        _ => throw Malformed(),
    };

    private static string Print(FileSystemKind kind) => kind switch
    {
        FileSystemKind.My => "my",
        FileSystemKind.Share => "share",
        FileSystemKind.Trash => "trash",
        _ => "shared_with_me",
    };

    // Clients that join a folder with a trailing slash and "/name" send two slashes.
    private static FilePath ParsePath(string path, ErrorCode slash)
    {
        List<string> names = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Unescape)];
        return names.Exists(name => name.Contains('/', StringComparison.Ordinal))
            ? throw new CloudreveException(slash, "A name contains a slash.")
            : new FilePath(names);
    }

    /// <summary>Parses the part behind the question mark.</summary>
    /// <exception cref="CloudreveException">40001 for malformed escapes.</exception>
    internal static IReadOnlyList<KeyValuePair<string, string>> ParseQuery(string query)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            // Clients build queries with URLSearchParams, which writes a space as a plus.
            var key = Unescape((equals < 0 ? part : part[..equals]).Replace('+', ' '));
            var value = equals < 0 ? "" : Unescape(part[(equals + 1)..].Replace('+', ' '));
            pairs.Add(new(key, value));
        }
        return pairs;
    }

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private static string Unescape(string text)
    {
        try
        {
            var bytes = new List<byte>(text.Length);
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == '%')
                {
                    if (i + 2 > text.Length - 1 || !byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
                        throw Malformed();
                    bytes.Add(b);
                    i += 2;
                }
                else
                {
                    var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                    bytes.AddRange(StrictUtf8.GetBytes(text.Substring(i, length)));
                    i += length - 1;
                }
            }
            return StrictUtf8.GetString([.. bytes]);
        }
        catch (ArgumentException)
        {
            throw Malformed();
        }
    }

    private static CloudreveException Malformed() => new(ErrorCode.BadParameter, "The file URI is malformed.");
}
