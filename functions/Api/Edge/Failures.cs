using System.Text.Json;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Envelopes of failures that carry more than a code.</summary>
internal static class Failures
{
    /// <summary>The envelope of an error; of a lock conflict with the conflicting locks (contract, section 13).</summary>
    /// <param name="message">Its message for clients.</param>
    public static ApiFailure Of(Exception error, ErrorCode code, string message) => new()
    {
        Code = (int)code,
        Msg = message,
        Data = error is LockConflictException locked
            ? JsonSerializer.SerializeToElement(locked.Conflicts.Select(LockConflictResponse.Of).ToArray(), ApiJson.Options)
            : null,
    };

    /// <summary>The envelope of an error.</summary>
    public static ApiFailure Of(Exception error)
    {
        var (code, message) = ErrorBoundary.Describe(error);
        return Of(error, code, message);
    }
}
