using Cloudreve.Core.Accounts.Passkeys;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>A passkey as its owner sees it.</summary>
/// <param name="Id">The credential's id in base64.</param>
/// <param name="Name">The name that the owner gave it.</param>
/// <param name="CreatedAt">The time it was registered.</param>
/// <param name="UsedAt">The time it was last used.</param>
internal sealed record PasskeyResponse(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? UsedAt)
{
    /// <summary>Describes a passkey.</summary>
    public static PasskeyResponse Of(Passkey passkey) =>
        new(Convert.ToBase64String(passkey.CredentialId), passkey.Name, passkey.CreatedAt, passkey.UsedAt);
}
