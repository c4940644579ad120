using System.Text.Json;

namespace Cloudreve.Orchestrations;

/// <summary>JSON of what the task hub keeps.</summary>
internal static class OrchestrationJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        PropertyNameCaseInsensitive = true,
    };
}
