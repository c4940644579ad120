using Cloudreve.Core.Accounts.Passkeys.WebAuthn;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Passkeys;

/// <summary>The test vectors that the W3C publishes with Web Authentication Level 3.</summary>
public sealed class TestVectorTests
{
    private static readonly RelyingParty Site = new("https://example.org");

    [Theory]
    [InlineData("none-es256")]
    [InlineData("packed-self-es256")]
    [InlineData("none-es256-long-credential-id")]
    [InlineData("packed-es256")]
    [InlineData("packed-rs256")]
    [InlineData("packed-eddsa")]
    public void Given_a_published_vector_when_it_is_checked_then_registration_and_assertion_hold(string name)
    {
        var vector = Find(name);

        var credential = Site.Register(vector.RegistrationChallenge, vector.RegistrationClientData, vector.AttestationObject);
        Site.Assert(vector.AssertionChallenge, credential.PublicKey, vector.AssertionClientData, vector.AuthenticatorData, vector.Signature);

        Assert.Equal(vector.CredentialId, credential.CredentialId);
    }

    [Theory]
    [InlineData("none-es256-crossOrigin", "embedded")]
    [InlineData("none-es256-topOrigin", "embedded")]
    [InlineData("packed-es384", "key type")]
    [InlineData("packed-es512", "key type")]
    [InlineData("packed-ed448", "key type")]
    [InlineData("tpm-es256", "format")]
    [InlineData("android-key-es256", "format")]
    [InlineData("apple-es256", "format")]
    [InlineData("fido-u2f-es256", "format")]
    public void Given_a_published_vector_of_something_unsupported_when_checked_then_it_is_refused_for_that(string name, string reason)
    {
        var vector = Find(name);

        var refusal = Assert.Throws<WebAuthnException>(
            () => Site.Register(vector.RegistrationChallenge, vector.RegistrationClientData, vector.AttestationObject));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none-es256")]
    [InlineData("packed-rs256")]
    [InlineData("packed-eddsa")]
    public void Given_a_published_assertion_when_any_signed_bit_changes_then_it_is_refused(string name)
    {
        var vector = Find(name);
        var key = Site.Register(vector.RegistrationChallenge, vector.RegistrationClientData, vector.AttestationObject).PublicKey;
        foreach (var (data, signature) in Changed(vector.AuthenticatorData, vector.Signature))
        {
            Assert.Throws<WebAuthnException>(() => Site.Assert(vector.AssertionChallenge, key, vector.AssertionClientData, data, signature));
        }
    }

    [Theory]
    [InlineData("packed-self-es256")]
    [InlineData("packed-es256")]
    public void Given_a_published_attestation_when_a_byte_of_it_changes_then_it_is_refused(string name)
    {
        var vector = Find(name);
        for (var i = 0; i < vector.AttestationObject.Length; i++)
        {
            var changed = (byte[])vector.AttestationObject.Clone();
            changed[i] ^= 0x01;
            // The certificate's own signature and names are not checked, so a change there may pass.
            var failure = Record.Exception(() => Site.Register(vector.RegistrationChallenge, vector.RegistrationClientData, changed));
            Assert.True(failure is null or WebAuthnException, $"Byte {i}: {failure}");
            if (name == "packed-self-es256")
                Assert.NotNull(failure);
        }
    }

    [Fact]
    public void Given_a_published_attestation_when_it_is_cut_off_anywhere_then_it_is_refused()
    {
        var vector = Find("packed-es256");
        for (var length = 0; length < vector.AttestationObject.Length; length++)
        {
            var cut = vector.AttestationObject[..length];
            Assert.Throws<WebAuthnException>(() => Site.Register(vector.RegistrationChallenge, vector.RegistrationClientData, cut));
        }
    }

    private static IEnumerable<(byte[] Data, byte[] Signature)> Changed(byte[] data, byte[] signature)
    {
        for (var i = 0; i < data.Length; i++)
        {
            var changed = (byte[])data.Clone();
            changed[i] ^= 0x04;
            yield return (changed, signature);
        }
        for (var i = 0; i < signature.Length; i++)
        {
            var changed = (byte[])signature.Clone();
            changed[i] ^= 0x01;
            yield return (data, changed);
        }
    }

    private static Vector Find(string name)
    {
        var file = Path.Combine(AzuriteServer.RepositoryRoot, "tests", "webauthn", "level3-test-vectors.tsv");
        var fields = File.ReadLines(file).Select(line => line.Split('\t')).Single(fields => fields[0] == name);
        var bytes = fields[1..].Select(Convert.FromHexString).ToArray();
        return new Vector(bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    }

    private sealed record Vector(
        byte[] RegistrationChallenge, byte[] CredentialId, byte[] RegistrationClientData, byte[] AttestationObject,
        byte[] AssertionChallenge, byte[] AuthenticatorData, byte[] AssertionClientData, byte[] Signature);
}
