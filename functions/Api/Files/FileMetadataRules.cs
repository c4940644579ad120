using System.Text.Json;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;

namespace Cloudreve.Functions.Api.Files;

/// <summary>Which metadata a client may give to a new file or folder (contract, section 9.1).</summary>
internal static class FileMetadataRules
{
    private const int MaxKeys = 256;

    // Of JSON: what fits into the entry's own row, which is read with every listing.
    private const int MaxCharacters = 8 * 1024;

    private static readonly string[] Namespaces = ["customize", "tag", "dav", "thumb"];

    /// <summary>Throws unless all keys may be set at creation.</summary>
    /// <param name="metadata">Key to value.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public static void Check(IReadOnlyDictionary<string, string> metadata)
    {
        // JSON knows null where the type does not.
        if (metadata.Values.Any(value => value is null))
            throw Bad("A metadata value is null.");
        if (metadata.Count > MaxKeys || metadata.Sum(m => JsonEncodedText.Encode(m.Key).Value.Length + JsonEncodedText.Encode(m.Value).Value.Length + 6) > MaxCharacters)
            throw Bad("There is too much metadata.");
        foreach (var (key, value) in metadata)
        {
            var colon = key.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || colon == key.Length - 1 || !IsAllowed(key, key[..colon], value))
                throw Bad("A metadata key is not allowed.");
        }
    }

    private static bool IsAllowed(string key, string scope, string value) => key switch
    {
        "sys:shared_redirect" => FileUri.Parse(value).FileSystem == FileSystemKind.Share,
        "sys:shared_owner" => value.Length is > 0 and <= 32,
        _ => Namespaces.Contains(scope),
    };

    private static CloudreveException Bad(string message) => new(ErrorCode.BadParameter, message);
}
