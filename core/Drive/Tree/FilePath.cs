using System.Buffers;
using System.Text;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>A canonical path: decoded names from the root down. Never holds an empty, <c>.</c> or <c>..</c> segment.</summary>
public sealed class FilePath : IEquatable<FilePath>
{
    /// <summary>The deepest path that clients may use; every level costs a storage transaction to resolve.</summary>
    public const int MaxDepth = 128;

    /// <summary>Bytes of a name, in UTF-8 (contract, section 8).</summary>
    public const int MaxNameBytes = 255;

    private static readonly SearchValues<char> Forbidden = SearchValues.Create("\\/:*?\"<>|");

    /// <summary>Creates a path.</summary>
    /// <param name="segments">Names from the root down.</param>
    /// <exception cref="CloudreveException">40001 for an empty, dot or slash segment.</exception>
    public FilePath(IReadOnlyList<string> segments)
    {
        foreach (var segment in segments)
        {
            if (segment is "" or "." or ".." || segment.Contains('/', StringComparison.Ordinal))
                throw new CloudreveException(ErrorCode.BadParameter, "The path contains an empty or invalid segment.");
        }
        Segments = segments;
    }

    /// <summary>The root of a file system.</summary>
    public static FilePath Root { get; } = new([]);

    /// <summary>Names from the root down.</summary>
    public IReadOnlyList<string> Segments { get; }

    /// <summary>Number of levels below the root.</summary>
    public int Depth => Segments.Count;

    /// <summary>True if the path is the root.</summary>
    public bool IsRoot => Depth == 0;

    /// <summary>The last segment; empty for the root.</summary>
    public string Name => IsRoot ? "" : Segments[^1];

    /// <summary>The folder that holds this path; the root's parent is the root.</summary>
    public FilePath Parent => IsRoot ? this : new([.. Segments.Take(Depth - 1)]);

    /// <summary>The path of an entry of this folder.</summary>
    public FilePath Child(string name) => new([.. Segments, name]);

    /// <summary>Checks whether another path is below this one, at any depth.</summary>
    /// <param name="other">The other path.</param>
    public bool Contains(FilePath other) => other.Depth > Depth && Segments.SequenceEqual(other.Segments.Take(Depth));

    /// <summary>Parses a plain path such as <c>/a/b</c>, as import and archive requests use it.</summary>
    /// <param name="text">The path; a leading and a trailing slash are dropped.</param>
    /// <exception cref="CloudreveException">40001 for empty or dot segments, and for a path too deep.</exception>
    public static FilePath ParsePlain(string text)
    {
        var trimmed = text.StartsWith('/') ? text[1..] : text;
        if (trimmed.EndsWith('/'))
            trimmed = trimmed[..^1];
        var names = trimmed.Length == 0 ? [] : trimmed.Split('/');
        DriveDepth.Require(names.Length);
        return new FilePath(names);
    }

    /// <summary>Checks whether a file or folder may be given a name (contract, section 8).</summary>
    public static bool IsValidName(string name) => IsStoredName(name) && !name.Any(char.IsControl);

    /// <summary>Checks whether an entry may have a name: earlier releases also accepted control characters.</summary>
    internal static bool IsStoredName(string name)
    {
        if (name is "" or "." or ".." || name.AsSpan().ContainsAny(Forbidden))
            return false;
        for (var i = 0; i < name.Length; i++)
        {
            // A lone surrogate would come back from storage as U+FFFD.
            if (char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]))
                i++;
            else if (char.IsSurrogate(name[i]))
                return false;
        }
        return Encoding.UTF8.GetByteCount(name) <= MaxNameBytes;
    }

    /// <summary>Throws unless a name may be given to a file or folder.</summary>
    /// <exception cref="CloudreveException">40052.</exception>
    public static void CheckName(string name)
    {
        if (!IsValidName(name))
            throw new CloudreveException(ErrorCode.IllegalName, "The name is not allowed.");
    }

    /// <inheritdoc/>
    public bool Equals(FilePath? other) => other is not null && Segments.SequenceEqual(other.Segments);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FilePath);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var segment in Segments)
            hash.Add(segment);
        return hash.ToHashCode();
    }

    /// <summary>The path with slashes, for messages.</summary>
    public override string ToString() => "/" + string.Join('/', Segments);
}
