using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>Failures are statuses of WebDAV with an error element.</summary>
internal sealed class DavFailuresAttribute : FailureFormAttribute
{
    /// <inheritdoc/>
    public override IResult Describe(HttpContext http, ErrorCode code, string message) => new DavRefusal(DavStatus.Of(code), message);
}
