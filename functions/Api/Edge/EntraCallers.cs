using System.Security.Claims;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OpenId;
using Microsoft.AspNetCore.Authentication;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Callers with access tokens of Microsoft Entra ID. The token's user must be linked with an account; tokens of applications without a
/// user are not accepted. One transaction, none for a user who called within <see cref="UserStore.MaxAge"/>; one more for a user's first
/// call to this process.
/// </summary>
/// <param name="links">The links between users and identities.</param>
internal sealed class EntraCallers(OpenIdLinks links)
{
    /// <summary>The scope of Entra for everything that the user may do.</summary>
    public const string FullAccess = "access_as_user";

    /// <summary>Reads what a request's token allows; null when it was not issued by Entra, or its user is linked to no account.</summary>
    /// <param name="context">The request.</param>
    public async Task<AccessGrant?> ReadAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(EntraSettings.Scheme);
        if (!result.Succeeded || result.Principal is not { } person
            || person.FindFirstValue("tid") is not { Length: > 0 } tenant || person.FindFirstValue("oid") is not { Length: > 0 } objectId
            || person.FindFirstValue("scp") is not { Length: > 0 } granted)
            return null;
        if (await links.FindRecentUserAsync(OpenIdIdentity.OfEntra(tenant, objectId), context.RequestAborted) is not { } user)
            return null;
        var scopes = granted.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        return new AccessGrant(user.Id, scopes.Contains(FullAccess) ? null : scopes);
    }
}
