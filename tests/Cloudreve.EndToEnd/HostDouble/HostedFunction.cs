using System.Text.Json;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>A function as its <c>function.json</c> describes it.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Bindings">The trigger and the other bindings.</param>
internal sealed record HostedFunction(string Name, IReadOnlyList<HostedBinding> Bindings)
{
    /// <summary>The one binding that starts it.</summary>
    public HostedBinding Trigger { get; } = Bindings.Single(b => b.Type.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether its requests are passed on as they are: one input and one output, nothing else.</summary>
    public bool IsForwarded => Trigger.Is("httpTrigger") && Bindings is [_, _] && Bindings.Any(b => b.Is("http") && b.IsOutput);

    public static HostedFunction Parse(string name, string json)
    {
        using var document = JsonDocument.Parse(json);
        return new HostedFunction(name, [.. document.RootElement.GetProperty("bindings").EnumerateArray().Select(b => new HostedBinding(b.Clone()))]);
    }
}

/// <summary>A binding of a function.</summary>
/// <param name="Definition">Its object in <c>function.json</c>.</param>
internal sealed record HostedBinding(JsonElement Definition)
{
    public string Type => Text("type");

    public string Name => Text("name");

    public bool IsOutput => Text("direction") == "out";

    public bool Is(string type) => Type.Equals(type, StringComparison.OrdinalIgnoreCase);

    /// <summary>A property that must be there.</summary>
    public string Text(string property) => Definition.GetProperty(property).GetString()!;

    /// <summary>The upper-case methods of an httpTrigger; empty for all.</summary>
    public IReadOnlyList<string> Methods =>
        Definition.TryGetProperty("methods", out var methods) ? [.. methods.EnumerateArray().Select(m => m.GetString()!.ToUpperInvariant())] : [];
}
