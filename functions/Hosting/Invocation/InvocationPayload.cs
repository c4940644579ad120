using System.Text.Json;

namespace Cloudreve.Functions.Hosting.Invocation;

/// <summary>The body of an invocation as the Functions host sends it to a custom handler.</summary>
/// <param name="Data">The trigger's value and the input bindings, by name. A string value is JSON-encoded once more.</param>
/// <param name="Metadata">What the trigger tells beside its value; strings are mostly encoded once more.</param>
internal sealed record InvocationPayload(Dictionary<string, JsonElement>? Data, Dictionary<string, JsonElement>? Metadata);
