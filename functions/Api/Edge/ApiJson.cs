using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>How the API reads and writes JSON. Every API group appends its own source-generated context.</summary>
internal static class ApiJson
{
    /// <summary>Sets the rules that hold for all groups.</summary>
    /// <param name="options">The options of the HTTP pipeline.</param>
    public static void Configure(JsonSerializerOptions options)
    {
        // The contexts' own options do not apply when they only resolve types for others, so the rules are set here again.
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        // The contract leaves empty values out; a property that must show its null says so with JsonIgnoreCondition.Never.
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.MaxDepth = 32;
        // Answers are never embedded in HTML, and file names of any script stay readable and short.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    }
}

/// <summary>JSON of the envelope itself and of payloads that are plain text.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiFailure))]
[JsonSerializable(typeof(ApiResponse<string>))]
internal sealed partial class EdgeJsonContext : JsonSerializerContext;
