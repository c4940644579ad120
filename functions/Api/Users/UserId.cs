using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users;

/// <summary>Encoded ids of users in paths.</summary>
internal static class UserId
{
    /// <summary>Decodes an id.</summary>
    /// <param name="text">The encoded id.</param>
    /// <param name="call">The call, whose site has the key.</param>
    /// <exception cref="CloudreveException">40001: it is malformed.</exception>
    public static long Decode(string text, ApiCall call) => call.Site.HashIds.TryDecode(text, HashIdKind.User, out var id)
        ? id
        : throw new CloudreveException(ErrorCode.BadParameter, "The user id is invalid.");
}
