using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// The form of a function's failures where its clients expect no envelope. It also holds for requests that the edge refuses before the function
/// is called, such as a body that is too large.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal abstract class FailureFormAttribute : Attribute
{
    /// <summary>The answer to a failure.</summary>
    /// <param name="message">The part of it that clients may know.</param>
    public abstract IResult Describe(HttpContext http, ErrorCode code, string message);
}
