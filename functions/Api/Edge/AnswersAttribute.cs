namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Declares the responses of an HTTP function, for the API's description. Without it a function returns the envelope with no payload.
/// A function may respond in several forms.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal class AnswersAttribute : Attribute
{
    /// <summary>Content that is no JSON.</summary>
    /// <param name="contentType">Its media type.</param>
    public AnswersAttribute(string contentType) => ContentType = contentType;

    /// <summary>A status without content, such as a redirect.</summary>
    /// <param name="status">The HTTP status.</param>
    public AnswersAttribute(int status) => Status = status;

    /// <summary>JSON.</summary>
    /// <param name="data">The type of the payload.</param>
    protected AnswersAttribute(Type data) => (Data, ContentType) = (data, "application/json");

    /// <summary>The HTTP status.</summary>
    public int Status { get; } = StatusCodes.Status200OK;

    /// <summary>The media type; null for an answer without content.</summary>
    public string? ContentType { get; }

    /// <summary>The type of a JSON payload.</summary>
    public Type? Data { get; }

    /// <summary>True if the payload is sent as it is, without the envelope, as another protocol requires.</summary>
    public bool IsBare { get; init; }
}

/// <summary>Declares that an HTTP function returns JSON.</summary>
/// <typeparam name="T">The type of the payload.</typeparam>
internal sealed class AnswersAttribute<T>() : AnswersAttribute(typeof(T));
