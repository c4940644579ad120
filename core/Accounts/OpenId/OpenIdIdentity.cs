using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Core.Accounts.OpenId;

/// <summary>The providers by their numbers (contract, section 23).</summary>
public enum OpenIdProvider
{
    /// <summary>Logto.</summary>
    Logto = 0,

    /// <summary>QQ.</summary>
    Qq = 1,

    /// <summary>OpenID Connect, including Microsoft Entra ID.</summary>
    Oidc = 2,
}

/// <summary>The identity that a provider vouches for.</summary>
/// <param name="Issuer">The issuer; of a directory of many tenants, the tenant's.</param>
/// <param name="Subject">The person's id there, which never changes.</param>
public sealed record OpenIdIdentity(OpenIdProvider Provider, string Issuer, string Subject)
{
    /// <summary>The mail address, if the provider verified that it is the user's; null otherwise.</summary>
    public string? VerifiedEmail { get; init; }

    /// <summary>
    /// The methods by which the user was authenticated, in the provider's terms (RFC 8176; <c>acr</c> of OpenID Connect Core, section 2).
    /// </summary>
    public IReadOnlyCollection<string> Methods { get; init; } = [];

    /// <summary>Names the identity in rows; issuers and subjects may hold characters that keys may not.</summary>
    internal string Key => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{(int)Provider}\n{Issuer}\n{Subject}")));

    /// <summary>A user of Microsoft Entra ID: unlike the subject, the object id is the same in all applications of the tenant.</summary>
    /// <param name="objectId">The person's object id.</param>
    public static OpenIdIdentity OfEntra(string tenantId, string objectId) => new(OpenIdProvider.Oidc, "entra:" + tenantId, objectId);
}
