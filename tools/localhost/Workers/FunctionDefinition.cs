using System.Text.Json;
using Cloudreve.LocalHost.Protocol;

namespace Cloudreve.LocalHost.Workers;

/// <summary>A function of the worker app, as its metadata describes it.</summary>
public sealed class FunctionDefinition
{
    internal FunctionDefinition(RpcFunctionMetadata metadata)
    {
        Metadata = metadata;
        Bindings = [.. metadata.RawBindings.Select(Parse)];
        Trigger = Bindings.FirstOrDefault(binding => Read(binding, "type")?.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase) == true);
        TriggerType = Read(Trigger, "type") ?? "";
        TriggerName = Read(Trigger, "name") ?? "";
    }

    /// <summary>The name, unique in the app regardless of case.</summary>
    public string Name => Metadata.Name;

    /// <summary>Full name of the method.</summary>
    public string EntryPoint => Metadata.EntryPoint;

    /// <summary>All bindings in their JSON form, the trigger included.</summary>
    public IReadOnlyList<JsonElement> Bindings { get; }

    /// <summary>The trigger in its JSON form.</summary>
    public JsonElement Trigger { get; }

    /// <summary>The trigger's kind, <c>httpTrigger</c> for example.</summary>
    public string TriggerType { get; }

    /// <summary>The parameter that receives the trigger's value.</summary>
    public string TriggerName { get; }

    /// <summary>The route of an HTTP function, without the route prefix; its name when it has none.</summary>
    public string? Route => IsTriggeredBy("httpTrigger") ? Read(Trigger, "route") is { Length: > 0 } route ? route : Name : null;

    /// <summary>The methods of an HTTP function; empty for all.</summary>
    public IReadOnlyList<string> Methods =>
        Trigger.ValueKind == JsonValueKind.Object && Trigger.TryGetProperty("methods", out var methods) && methods.ValueKind == JsonValueKind.Array
            ? [.. methods.EnumerateArray().Select(method => method.GetString()!)]
            : [];

    internal RpcFunctionMetadata Metadata { get; }

    internal string Id => Metadata.FunctionId;

    /// <summary>True if the durable extension runs the function and takes its return value.</summary>
    internal bool IsDurable => IsTriggeredBy("orchestrationTrigger") || IsTriggeredBy("activityTrigger");

    /// <summary>True if the worker gets a reference and fetches the content itself.</summary>
    internal bool DefersBinding =>
        Trigger.TryGetProperty("properties", out var properties)
        && string.Equals(Read(properties, "supportsDeferredBinding"), bool.TrueString, StringComparison.OrdinalIgnoreCase);

    /// <summary>Tests for a kind of trigger.</summary>
    public bool IsTriggeredBy(string type) => string.Equals(TriggerType, type, StringComparison.OrdinalIgnoreCase);

    /// <summary>Finds the bindings of a kind.</summary>
    internal IEnumerable<string> NamesOfBindings(string type) => Bindings
        .Where(binding => string.Equals(Read(binding, "type"), type, StringComparison.OrdinalIgnoreCase))
        .Select(binding => Read(binding, "name")!);

    /// <summary>Reads a text property of the trigger.</summary>
    internal string? Setting(string name) => Read(Trigger, name);

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static string? Read(JsonElement binding, string property)
    {
        if (binding.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var candidate in binding.EnumerateObject())
        {
            if (string.Equals(candidate.Name, property, StringComparison.OrdinalIgnoreCase))
                return candidate.Value.ValueKind == JsonValueKind.String ? candidate.Value.GetString() : candidate.Value.GetRawText();
        }
        return null;
    }
}
