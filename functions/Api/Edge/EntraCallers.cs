using System.Security.Claims;
using Cloudreve.Core.Caching;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.OpenId;
using Microsoft.AspNetCore.Authentication;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Callers with access tokens of Microsoft Entra ID. The token's person must be linked with an account; tokens of applications without a
/// person are not taken. Two transactions, none for a person who called within <see cref="UserStore.MaxAge"/>.
/// </summary>
/// <param name="links">Who is linked with whom.</param>
/// <param name="clock">Tells how old a link is.</param>
internal sealed class EntraCallers(OpenIdLinks links, TimeProvider clock)
{
    /// <summary>The scope of Entra that stands for everything that the person may do.</summary>
    public const string FullAccess = "access_as_user";

    private const int MaxKept = 10_000;

    private readonly BoundedCache<OpenIdIdentity, AccessGrant> _kept = new(MaxKept, clock);

    /// <summary>What a request's token allows; null when it is none of Entra's, or its person is linked with nobody.</summary>
    /// <param name="context">The request.</param>
    public async Task<AccessGrant?> ReadAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(EntraSettings.Scheme);
        if (!result.Succeeded || result.Principal is not { } person
            || person.FindFirstValue("tid") is not { Length: > 0 } tenant || person.FindFirstValue("oid") is not { Length: > 0 } objectId
            || person.FindFirstValue("scp") is not { Length: > 0 } granted)
            return null;
        var identity = OpenIdIdentity.OfEntra(tenant, objectId);
        if (_kept.Find(identity) is not { } known)
        {
            if (await links.FindUserAsync(identity, context.RequestAborted) is not { } userId)
                return null;
            known = new AccessGrant(userId, null);
            _kept.Keep(identity, known, clock.GetUtcNow() + UserStore.MaxAge);
        }
        var scopes = granted.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        return known with { Scopes = scopes.Contains(FullAccess) ? null : scopes };
    }
}
