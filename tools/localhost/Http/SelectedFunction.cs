using Cloudreve.LocalHost.Workers;

namespace Cloudreve.LocalHost.Http;

/// <summary>The host's choice for a request.</summary>
/// <param name="Function">The function that runs.</param>
/// <param name="RouteValues">The values of its route's parameters; null for an optional one that is absent.</param>
public sealed record SelectedFunction(FunctionDefinition Function, IReadOnlyDictionary<string, string?> RouteValues);
