using System.Collections.Frozen;
using System.Reflection;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>All HTTP functions of the app.</summary>
internal sealed class HttpFunctions
{
    private readonly FrozenDictionary<string, HttpFunction> _byName;

    /// <summary>Collects the functions of an assembly.</summary>
    /// <exception cref="FunctionDeclarationException">A function lacks a declaration.</exception>
    public HttpFunctions(Assembly assembly)
        : this(assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Select(HttpFunction.Of)
            .OfType<HttpFunction>())
    {
    }

    /// <summary>Holds given functions.</summary>
    /// <param name="functions">Functions of distinct names.</param>
    public HttpFunctions(IEnumerable<HttpFunction> functions)
    {
        All = [.. functions.OrderBy(function => function.Name, StringComparer.Ordinal)];
        _byName = All.ToFrozenDictionary(function => function.Name);
    }

    /// <summary>Every function, by name.</summary>
    public IReadOnlyList<HttpFunction> All { get; }

    /// <summary>The function of an invocation.</summary>
    /// <param name="context">The invocation of an HTTP function.</param>
    public HttpFunction Of(FunctionContext context) => _byName[context.FunctionDefinition.Name];
}
