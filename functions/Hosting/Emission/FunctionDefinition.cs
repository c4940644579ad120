using Cloudreve.Functions.Hosting.Bindings;

namespace Cloudreve.Functions.Hosting.Emission;

/// <summary>The content of one <c>function.json</c>.</summary>
/// <param name="Bindings">The trigger and the other bindings.</param>
internal sealed record FunctionDefinition(IReadOnlyList<FunctionBinding> Bindings);

/// <summary>A function with its definition.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Definition">The content of its <c>function.json</c>.</param>
internal sealed record NamedDefinition(string Name, FunctionDefinition Definition);
