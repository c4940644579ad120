using System.Text.Json.Serialization;

namespace Cloudreve.Core.Content.Viewers;

/// <summary>A kind of file that a viewer can create.</summary>
/// <param name="Ext">The extension, without dot.</param>
public sealed record ViewerTemplate(string Ext, string DisplayName);

/// <summary>An app that shows or edits files; the names are those of the setting <c>file_viewers</c> (contract, section 16).</summary>
public sealed record Viewer
{
    /// <summary>A viewer that is part of the clients.</summary>
    public const string Builtin = "builtin";

    /// <summary>A viewer that reads and writes files through the WOPI protocol.</summary>
    public const string Wopi = "wopi";

    /// <summary>A page that is given a file's address.</summary>
    public const string Custom = "custom";

    /// <summary>The viewer's id.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="Builtin"/>, <see cref="Wopi"/> or <see cref="Custom"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The display name, or the key of its translation.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The extensions that it opens, without dot.</summary>
    public IReadOnlyList<string> Exts { get; init; } = [];

    /// <summary>The address of its icon.</summary>
    public string? Icon { get; init; }

    /// <summary>A custom viewer's page.</summary>
    public string? Url { get; init; }

    /// <summary>The largest file for it, in bytes; null or 0 for no limit of its own.</summary>
    public long? MaxSize { get; init; }

    /// <summary>True if the viewer is disabled for everybody.</summary>
    public bool? Disabled { get; init; }

    /// <summary>Further properties for clients.</summary>
    public IReadOnlyDictionary<string, string>? Props { get; init; }

    /// <summary>The pages of a WOPI viewer, by extension and action (<c>edit</c>, <c>view</c>). Not for clients.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? WopiActions { get; init; }

    /// <summary>The file types that it can create.</summary>
    public IReadOnlyList<ViewerTemplate>? Templates { get; init; }

    /// <summary>The devices that it is for: <c>pc</c>, <c>mobile</c> or <c>all</c>.</summary>
    public string? Platform { get; init; }

    /// <summary>Bits of group permissions that its users need, all of them.</summary>
    public IReadOnlyList<int>? RequiredGroupPermission { get; init; }
}

/// <summary>Viewers that were added together.</summary>
public sealed record ViewerGroup(IReadOnlyList<Viewer> Viewers);

/// <summary>JSON of the viewers' settings.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<ViewerGroup>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ViewerJson : JsonSerializerContext;
