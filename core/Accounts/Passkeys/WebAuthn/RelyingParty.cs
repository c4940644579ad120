using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>The result of a registration.</summary>
/// <param name="PublicKey">Its COSE key.</param>
/// <param name="SignCount">The authenticator's counter.</param>
/// <param name="IsVerified">True if the authenticator verified the user.</param>
/// <param name="IsBackupEligible">True if the credential may move to other devices.</param>
internal sealed record NewCredential(byte[] CredentialId, byte[] PublicKey, uint SignCount, bool IsVerified, bool IsBackupEligible);

/// <summary>The site in ceremonies of WebAuthn Level 3 (section 7).</summary>
/// <param name="Origin">Scheme, host and port of the site.</param>
internal sealed record RelyingParty(string Origin)
{
    /// <summary>The site's domain.</summary>
    public string Id { get; } = new Uri(Origin).Host;

    /// <summary>Checks a registration (7.1).</summary>
    /// <param name="challenge">The ceremony's challenge.</param>
    /// <param name="clientData">The client data, as signed.</param>
    /// <exception cref="WebAuthnException">It is invalid.</exception>
    public NewCredential Register(ReadOnlySpan<byte> challenge, byte[] clientData, byte[] attestationObject)
    {
        ClientData.Check(clientData, ClientData.Create, challenge, Origin);
        var attestation = Attestation.Parse(attestationObject);
        var data = AuthenticatorData.Parse(attestation.AuthenticatorData);
        CheckAuthenticator(data);
        var credential = data.Credential ?? throw new WebAuthnException("The credential is missing.");
        var key = CoseKey.Parse(credential.PublicKey);
        attestation.Verify(credential, key, SHA256.HashData(clientData));
        return new NewCredential(
            credential.CredentialId, credential.PublicKey, data.SignCount, data.Flags.HasFlag(AuthenticatorFlags.UserVerified),
            data.Flags.HasFlag(AuthenticatorFlags.BackupEligible));
    }

    /// <summary>Checks an assertion (7.2), except the counter, which the passkey's row keeps.</summary>
    /// <param name="challenge">The ceremony's challenge.</param>
    /// <param name="publicKey">The credential's COSE key.</param>
    /// <param name="clientData">The client data, as signed.</param>
    /// <param name="authenticatorData">The authenticator data, as signed.</param>
    /// <exception cref="WebAuthnException">It is invalid.</exception>
    public AuthenticatorData Assert(ReadOnlySpan<byte> challenge, byte[] publicKey, byte[] clientData, byte[] authenticatorData, byte[] signature)
    {
        ClientData.Check(clientData, ClientData.Get, challenge, Origin);
        var data = AuthenticatorData.Parse(authenticatorData);
        CheckAuthenticator(data);
        return CoseKey.Parse(publicKey).Verify([.. authenticatorData, .. SHA256.HashData(clientData)], signature)
            ? data
            : throw new WebAuthnException("The signature is invalid.");
    }

    private void CheckAuthenticator(AuthenticatorData data)
    {
        if (!CryptographicOperations.FixedTimeEquals(data.RpIdHash, SHA256.HashData(Encoding.UTF8.GetBytes(Id))))
            throw new WebAuthnException("The credential belongs to another site.");
        if (!data.Flags.HasFlag(AuthenticatorFlags.UserPresent))
            throw new WebAuthnException("User presence was not confirmed.");
        // 6.1.3: a credential that cannot be backed up is not backed up.
        if (data.Flags.HasFlag(AuthenticatorFlags.BackedUp) && !data.Flags.HasFlag(AuthenticatorFlags.BackupEligible))
            throw new WebAuthnException("The authenticator flags are inconsistent.");
    }
}
