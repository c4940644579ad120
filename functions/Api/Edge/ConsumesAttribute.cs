namespace Cloudreve.Functions.Api.Edge;

/// <summary>Declares that an HTTP function accepts a body that is not JSON, for the API's description.</summary>
/// <param name="contentType">The media type.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesAttribute(string contentType) : Attribute
{
    /// <summary>The media type.</summary>
    public string ContentType { get; } = contentType;
}
