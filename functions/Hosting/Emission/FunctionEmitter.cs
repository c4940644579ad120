using System.Text.Json;

namespace Cloudreve.Functions.Hosting.Emission;

/// <summary>
/// Writes what a Functions host reads: one folder with a <c>function.json</c> for each endpoint and each trigger function.
/// </summary>
internal sealed class FunctionEmitter(TriggerFunctions triggers, ParameterPolicyFactory policies)
{
    /// <summary>The name of a definition's file.</summary>
    public const string FileName = "function.json";

    /// <summary>The definitions of all functions, by name.</summary>
    /// <param name="endpoints">The app's endpoints.</param>
    /// <exception cref="InvalidOperationException">The host would refuse a function or route a request differently.</exception>
    public IReadOnlyList<NamedDefinition> Define(IEnumerable<Endpoint> endpoints)
    {
        var http = HttpFunction.Of(endpoints);
        NamedDefinition[] all =
        [
            .. http.Select(f => new NamedDefinition(f.Name, f.Definition)),
            .. triggers.All.Select(f => new NamedDefinition(f.Name, new FunctionDefinition([.. f.Bindings]))),
        ];
        if (all.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new InvalidOperationException($"Two functions are named {twice.Key}.");
        if (all.FirstOrDefault(f => !IsFunctionName(f.Name)) is { } bad)
            throw new InvalidOperationException($"The host does not take '{bad.Name}' as the name of a function.");
        new RoutePrecedence(policies).Check(http, [.. triggers.All.Select(f => f.Name)]);
        return [.. all.OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    /// <summary>The text of a <c>function.json</c>.</summary>
    /// <param name="definition">Its content.</param>
    public static string Text(FunctionDefinition definition) =>
        JsonSerializer.Serialize(definition, DefinitionJson.Readable.FunctionDefinition) + "\n";

    /// <summary>Writes all definitions and removes those of functions that are no more.</summary>
    /// <param name="folder">The folder of <c>host.json</c>; created when missing.</param>
    /// <param name="endpoints">The app's endpoints.</param>
    /// <returns>How many functions there are.</returns>
    /// <exception cref="InvalidOperationException">The host would refuse a function or route a request differently.</exception>
    public int Emit(string folder, IEnumerable<Endpoint> endpoints)
    {
        var definitions = Define(endpoints);
        Directory.CreateDirectory(folder);
        foreach (var stale in Directory.EnumerateDirectories(folder).Where(d => File.Exists(Path.Combine(d, FileName))))
            File.Delete(Path.Combine(stale, FileName));
        foreach (var (name, definition) in definitions)
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            File.WriteAllText(Path.Combine(folder, name, FileName), Text(definition));
        }
        return definitions.Count;
    }

    /// <summary>The host's rule: a letter, then up to 127 letters, digits, hyphens and underscores; <c>host</c> is taken.</summary>
    private static bool IsFunctionName(string name) =>
        name.Length is > 0 and <= 127
        && char.IsAsciiLetter(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        && !name.Equals("host", StringComparison.OrdinalIgnoreCase);
}
