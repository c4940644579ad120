using System.Text.Json;

namespace Cloudreve.Orchestrations;

/// <summary>JSON of the task hub's contents.</summary>
internal static class OrchestrationJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        PropertyNameCaseInsensitive = true,
    };
}
