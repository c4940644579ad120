using System.Collections.Concurrent;

namespace Cloudreve.Testing.Contract;

/// <summary>The operations of the contract that were called, and those that succeeded at least once.</summary>
public sealed class ContractCoverage
{
    private readonly ConcurrentDictionary<string, bool> _calls = new();

    /// <summary>The ids of the operations that were called.</summary>
    public IReadOnlySet<string> Called => _calls.Keys.ToHashSet();

    /// <summary>The ids of the operations that answered with success.</summary>
    public IReadOnlySet<string> Succeeded => _calls.Where(call => call.Value).Select(call => call.Key).ToHashSet();

    internal void Record(string operationId, bool succeeded) => _calls.AddOrUpdate(operationId, succeeded, (_, before) => before || succeeded);
}
