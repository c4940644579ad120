using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Search;

/// <summary>
/// The point at which a search continues: <c>level|position</c>. The position is the way to a folder, as ids from below the top; folders before
/// it are done. It names no folder by itself: each step is looked up among the entries of the one before, so a forged token leads nowhere else.
/// </summary>
/// <param name="Way">Ids of folders from below the top. The next folder is the first at or after it.</param>
/// <param name="Walked">Number of folders that have been opened.</param>
/// <param name="HasDeeper">True if a folder of this level has subfolders.</param>
internal sealed record SearchToken(IReadOnlyList<long> Way, int Walked, bool HasDeeper)
{
    /// <summary>The row of the folder's last entry that was looked at; null when the folder is still to be opened.</summary>
    public string? After { get; init; }

    /// <summary>Number of levels below the top at which the folders of this pass are.</summary>
    [JsonIgnore]
    public int Level { get; init; }

    /// <summary>The start of a search.</summary>
    public static SearchToken Start { get; } = new([], 0, HasDeeper: false);

    /// <summary>The start of the next level.</summary>
    public SearchToken NextLevel() => new([], Walked, HasDeeper: false) { Level = Level + 1 };

    public string Encode() =>
        string.Create(CultureInfo.InvariantCulture, $"{Level}|{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, SearchJson.Default.SearchToken))}");

    /// <summary>Reads a token.</summary>
    /// <exception cref="CloudreveException">40001 for an invalid one.</exception>
    public static SearchToken Decode(string text)
    {
        var bar = text.IndexOf('|', StringComparison.Ordinal);
        try
        {
            if (bar > 0
                && int.TryParse(text.AsSpan(0, bar), NumberStyles.None, CultureInfo.InvariantCulture, out var level)
                && JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text.AsSpan(bar + 1)), SearchJson.Default.SearchToken) is { Way: not null, Walked: >= 0 and < int.MaxValue } token
                && level <= FilePath.MaxDepth && token.Way.Count <= level && IsRowKey(token.After))
                return token with { Level = level };
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // Not ours.
        }
        throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
    }

    private static bool IsRowKey(string? key) =>
        key is null
        || (key.Length <= AzureLimits.KeyCharacters
            && (key.StartsWith(FileKeys.FolderIdPrefix, StringComparison.Ordinal) || key.StartsWith(FileKeys.FileIdPrefix, StringComparison.Ordinal))
            && key.AsSpan(2).IndexOfAnyExceptInRange('0', 'f') < 0);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SearchToken))]
internal sealed partial class SearchJson : JsonSerializerContext;
