using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>The end of a page: the last entry's position in the order, and its position in the snapshot.</summary>
internal sealed record SortedToken(FileOrder Order, bool Descending, FileType Type, string Key, long Id)
{
    /// <summary>The folder's version that the position counts in; null when the folder has no snapshot.</summary>
    public string? Version { get; init; }

    /// <summary>Number of entries before the next page.</summary>
    public long Position { get; init; }

    public static SortedToken Of(FileRecord last, FileOrder order, bool descending) =>
        new(order, descending, last.Type, EntryComparer.KeyOf(last, order), last.Id);

    public string Encode() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, SnapshotJson.Default.SortedToken));

    /// <exception cref="CloudreveException">40001 for an invalid token, or of another order.</exception>
    public static SortedToken Decode(string text, FileOrder order, bool descending)
    {
        try
        {
            var token = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), SnapshotJson.Default.SortedToken);
            if (token is { Key: not null, Position: >= 0 } && token.Order == order && token.Descending == descending)
                return token;
        }
        catch (Exception e) when (e is FormatException or JsonException or DecoderFallbackException)
        {
            // Not ours.
        }
        throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
    }
}
