using System.Reflection;
using Cloudreve.Core.Accounts.SignIns;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>An HTTP function with its declarations.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Route">Its route, without a leading slash.</param>
/// <param name="Methods">Its methods in upper case.</param>
/// <param name="Requirement">The callers that are admitted.</param>
/// <param name="BodyLimit">The largest body in bytes.</param>
internal sealed record HttpFunction(string Name, string Route, IReadOnlyList<string> Methods, RequiresAttribute Requirement, long BodyLimit)
{
    /// <summary>The method with its attributes and parameters.</summary>
    public required MethodInfo Method { get; init; }

    /// <summary>The form of its failures; null for the envelope.</summary>
    public FailureFormAttribute? Failures { get; init; }

    /// <summary>The budget that a call counts against; null for none.</summary>
    public ClientBudget? Charge { get; init; }

    /// <summary>True if its answers carry secrets that must not be stored.</summary>
    public bool IsNeverStored { get; init; }

    /// <summary>Describes a method; null when it is not an HTTP function.</summary>
    /// <exception cref="FunctionDeclarationException">The function lacks a declaration.</exception>
    public static HttpFunction? Of(MethodInfo method)
    {
        if (method.GetCustomAttribute<FunctionAttribute>() is not { } function
            || method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null) is not { } trigger)
            return null;
        string[] methods = [.. (trigger.Methods ?? []).Select(m => m.ToUpperInvariant())];
        if (methods.Length == 0 || string.IsNullOrEmpty(trigger.Route))
            throw new FunctionDeclarationException($"The function {function.Name} needs methods and a route.");
        var requirement = method.GetCustomAttribute<RequiresAttribute>()
            ?? throw new FunctionDeclarationException($"The function {function.Name} does not say who may call it: add [Requires].");
        var limit = method.GetCustomAttribute<BodyLimitAttribute>();
        if (limit is null && !Array.TrueForAll(methods, IsBodiless))
            throw new FunctionDeclarationException($"The function {function.Name} does not limit its body: add [BodyLimit].");
        return new HttpFunction(function.Name, trigger.Route, methods, requirement, limit?.Bytes ?? BodyLimitAttribute.None)
        {
            Method = method,
            Failures = method.GetCustomAttribute<FailureFormAttribute>(),
            Charge = method.GetCustomAttribute<ChargesAttribute>()?.Budget,
            IsNeverStored = method.GetCustomAttribute<NeverStoredAttribute>() is not null,
        };
    }

    private static bool IsBodiless(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
