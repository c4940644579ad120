namespace Cloudreve.LocalHost.Workers;

/// <summary>A worker that has loaded its functions.</summary>
/// <param name="Connection">Its event stream.</param>
/// <param name="HttpAddress">The address at which it serves forwarded requests; null when it has no HTTP function.</param>
/// <param name="Functions">Its functions, by name.</param>
internal sealed record Worker(WorkerConnection Connection, Uri? HttpAddress, IReadOnlyList<FunctionDefinition> Functions)
{
    /// <summary>Finds a function by its name, regardless of case.</summary>
    /// <exception cref="LocalHostException">There is none.</exception>
    public FunctionDefinition Find(string name) =>
        Functions.FirstOrDefault(function => string.Equals(function.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new LocalHostException($"The app has no function {name}.");
}
