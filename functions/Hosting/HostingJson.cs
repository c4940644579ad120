using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Functions.Hosting.Emission;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Hosting;

/// <summary>JSON of invocation payloads and answers: names as the Functions host writes them.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InvocationPayload))]
[JsonSerializable(typeof(InvocationResponse))]
[JsonSerializable(typeof(TimerState))]
[JsonSerializable(typeof(OrchestrationStart))]
[JsonSerializable(typeof(string))]
internal sealed partial class InvocationJson : JsonSerializerContext;

/// <summary>JSON of <c>function.json</c>.</summary>
[JsonSerializable(typeof(FunctionDefinition))]
internal sealed partial class DefinitionJson : JsonSerializerContext
{
    /// <summary>The context whose texts are for people, too: indented, and with the characters of route patterns as they are.</summary>
    public static DefinitionJson Readable { get; } = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
