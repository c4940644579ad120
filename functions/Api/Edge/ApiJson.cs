using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>The JSON of the API (contract, section 1).</summary>
internal static class ApiJson
{
    /// <summary>Options for writing responses and reading the site's own JSON.</summary>
    public static JsonSerializerOptions Options { get; } = Create(NullElements.Refuse);

    /// <summary>Options for reading bodies: nothing in them may be too long.</summary>
    public static JsonSerializerOptions BodyOptions { get; } = Create(NullElements.Refuse, BodyBounds.Enforce);

    private static JsonSerializerOptions Create(params IReadOnlyList<Action<JsonTypeInfo>> modifiers)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            // The contract leaves empty values out; a property that must show its null says so with JsonIgnoreCondition.Never.
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            PropertyNameCaseInsensitive = false,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            MaxDepth = 32,
            // Answers are never embedded in HTML, and file names of any script stay readable and short.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        var resolver = new DefaultJsonTypeInfoResolver();
        foreach (var modifier in modifiers)
            resolver.Modifiers.Add(modifier);
        options.TypeInfoResolver = resolver;
        options.MakeReadOnly();
        return options;
    }
}
