using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>A checksum that a client states for content.</summary>
/// <param name="Algorithm">MD5, SHA1 or SHA256.</param>
/// <param name="Value">The bytes.</param>
public sealed record ContentChecksum(HashAlgorithmName Algorithm, ReadOnlyMemory<byte> Value)
{
    private static readonly Dictionary<string, (HashAlgorithmName Name, int Bytes)> s_known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["MD5"] = (HashAlgorithmName.MD5, 16),
        ["SHA1"] = (HashAlgorithmName.SHA1, 20),
        ["SHA256"] = (HashAlgorithmName.SHA256, 32),
    };

    /// <summary>Reads a header of the form <c>SHA1:hex</c>; several are separated by blanks.</summary>
    /// <param name="text">The header.</param>
    /// <returns>The first of a known kind; null when there is none.</returns>
    public static ContentChecksum? TryParse(string text)
    {
        foreach (var part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !s_known.TryGetValue(part[..colon], out var kind))
                continue;
            var value = new byte[kind.Bytes];
            if (Convert.FromHexString(part.AsSpan(colon + 1), value, out var read, out var written) == System.Buffers.OperationStatus.Done
                && read == part.Length - colon - 1 && written == kind.Bytes)
                return new ContentChecksum(kind.Name, value);
        }
        return null;
    }

    /// <summary>Begins to compute the checksum of content.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "Clients choose the algorithm to find errors of transfer; nothing is protected by it.")]
    [SuppressMessage("Security", "CA5351", Justification = "Clients choose the algorithm to find errors of transfer; nothing is protected by it.")]
    internal IncrementalHash Begin() => IncrementalHash.CreateHash(Algorithm);
}
