namespace Cloudreve.Testing.Proxies;

/// <summary>A request to storage as a <see cref="StorageProxy"/> sees it.</summary>
/// <param name="Service">blob, queue or table.</param>
/// <param name="Operation">The verb, or <c>batch</c>, and the table, container or queue.</param>
/// <param name="Target">Path and query. They may hold a signature.</param>
public sealed record ProxiedRequest(string Service, string Operation, string Target)
{
    /// <summary>Checks whether the call is for a table, container or queue.</summary>
    /// <param name="resource">The whole name.</param>
    public bool IsFor(string resource) => Operation.EndsWith(" " + resource, StringComparison.Ordinal);
}
