using System.Collections.Frozen;

namespace Cloudreve.Functions.Hosting;

/// <summary>All functions that something other than an HTTP request starts. The host, the local host and the emission read this one list.</summary>
internal sealed class TriggerFunctions
{
    private readonly FrozenDictionary<string, TriggerFunction> _byName;

    /// <summary>Gathers the functions.</summary>
    /// <param name="functions">The functions; names must differ in more than case, as folders of some systems do.</param>
    /// <exception cref="InvalidOperationException">Two functions have one name.</exception>
    public TriggerFunctions(IEnumerable<TriggerFunction> functions)
    {
        All = [.. functions.OrderBy(f => f.Name, StringComparer.Ordinal)];
        if (All.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new InvalidOperationException($"Two functions are named {twice.Key}.");
        _byName = All.ToFrozenDictionary(f => f.Name);
    }

    /// <summary>Every function, by name.</summary>
    public IReadOnlyList<TriggerFunction> All { get; }

    /// <summary>The function of a name; null when there is none.</summary>
    /// <param name="name">Exact name.</param>
    public TriggerFunction? Find(string name) => _byName.GetValueOrDefault(name);
}
