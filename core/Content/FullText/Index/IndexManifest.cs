using System.Text.Json.Serialization;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>The packs that make up a user's index, the newest last. It is the only part of an index that changes.</summary>
internal sealed record IndexManifest(IReadOnlyList<PackEntry> Packs)
{
    // So many packs of a level become one of the next: a search reads at most three times as many packs as there are levels.
    private const int Width = 4;

    /// <summary>No pack.</summary>
    public static IndexManifest Empty { get; } = new([]);

    /// <summary>Bytes of all packs.</summary>
    [JsonIgnore]
    public long Size => Packs.Sum(pack => pack.Size);

    /// <summary>The packs to be merged next: those of the lowest level that has enough. Null for none.</summary>
    public IReadOnlyList<PackEntry>? FindFullLevel() => Packs.GroupBy(pack => LevelOf(pack.Texts)).Where(level => level.Count() >= Width)
        .OrderBy(level => level.Key).Select(level => level.ToList()).FirstOrDefault();

    private static int LevelOf(int texts) => (int)Math.Log(Math.Max(1, texts), Width);
}

/// <summary>A pack of an index.</summary>
/// <param name="Name">The name of its blob.</param>
/// <param name="Texts">Number of texts.</param>
/// <param name="Size">Bytes.</param>
internal sealed record PackEntry(string Name, int Texts, long Size);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IndexManifest))]
internal sealed partial class IndexJson : JsonSerializerContext;
