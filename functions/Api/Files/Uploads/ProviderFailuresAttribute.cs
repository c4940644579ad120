using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Failures of a storage provider: XML with the status of HTTP.</summary>
internal sealed class ProviderFailuresAttribute : FailureFormAttribute
{
    /// <inheritdoc/>
    public override IResult Describe(HttpContext http, ErrorCode code, string message) => ProviderAnswer.Refuse(http, code, message);
}
