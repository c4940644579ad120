namespace Cloudreve.Functions.Api.Edge;

/// <summary>Names a query parameter that an HTTP function reads, for the API's description.</summary>
/// <param name="name">The parameter.</param>
/// <param name="type">The type of its value.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal class QueryParameterAttribute(string name, Type type) : Attribute
{
    /// <summary>The parameter.</summary>
    public string Name { get; } = name;

    /// <summary>The type of its value.</summary>
    public Type Type { get; } = type;

    /// <summary>True if the parameter is required.</summary>
    public bool IsRequired { get; init; }
}

/// <summary>Names a query parameter of a certain type.</summary>
/// <param name="name">The parameter.</param>
/// <typeparam name="T">The type of its value.</typeparam>
internal sealed class QueryParameterAttribute<T>(string name) : QueryParameterAttribute(name, typeof(T));
