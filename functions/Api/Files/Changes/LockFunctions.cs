using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Locks of files (contract, section 13).</summary>
internal sealed class LockFunctions(DriveLocks locks)
{
    private const int MaxTokens = 16_384;

    /// <summary>Releases locks. Knowing a token is the permission to release it; the token names its drive.</summary>
    [Function("ForceUnlock")]
    [Requires(AuthClass.None)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> UnlockAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file/lock")] HttpRequest request,
        [JsonBody] UnlockRequest body, CancellationToken cancellationToken)
    {
        if (body.Tokens.Count is 0 or > MaxTokens)
            throw new CloudreveException(ErrorCode.BadParameter, "Provide between 1 and 16,384 lock tokens.");
        foreach (var token in body.Tokens)
        {
            if (DriveLocks.OwnerOf(token) is not { } owner || !await locks.ReleaseAsync(owner, token, cancellationToken))
                throw new CloudreveException(ErrorCode.BadParameter, "Unknown lock token.");
        }
        return ApiResponse.Ok();
    }
}
