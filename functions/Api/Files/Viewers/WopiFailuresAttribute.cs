using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>Failures of the WOPI protocol: a status, since viewers would take an envelope with status 200 for success.</summary>
internal sealed class WopiFailuresAttribute : FailureFormAttribute
{
    /// <inheritdoc/>
    public override IResult Describe(HttpContext http, ErrorCode code, string message) => WopiAnswer.Refusal(code, message);
}
