using System.Text.Json;

namespace Cloudreve.Functions.Hosting.Invocation;

/// <summary>The answer to an invocation.</summary>
internal sealed record InvocationResponse
{
    /// <summary>An answer that says no more than that the invocation succeeded.</summary>
    public static InvocationResponse Done { get; } = new();

    /// <summary>
    /// Values of output bindings, by name. A string that happens to be base64 is decoded by the host: outputs are objects.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Outputs { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Lines that the host logs.</summary>
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <summary>The result of an activity (JSON text) or an orchestrator (base64); null for others.</summary>
    public string? ReturnValue { get; init; }
}
