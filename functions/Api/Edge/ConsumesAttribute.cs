namespace Cloudreve.Functions.Api.Edge;

/// <summary>Says that an HTTP function takes a body that is no JSON, for the API's description.</summary>
/// <param name="contentType">The media type.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesAttribute(string contentType) : Attribute
{
    /// <summary>The media type.</summary>
    public string ContentType { get; } = contentType;
}
