using Cloudreve.Core.Accounts.TwoFactor;

namespace Cloudreve.Core.Tests.Accounts;

/// <summary>An authenticator app: a phone's use of the secret that it was shown.</summary>
/// <param name="secret">The secret in base32.</param>
internal sealed class AuthenticatorApp(string secret)
{
    /// <summary>The secret in base32.</summary>
    public string Secret => secret;

    /// <summary>The code of now, or of some steps later.</summary>
    public string Code(IdentityWorld world, int steps = 0)
    {
        var bits = string.Concat(secret.Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter), 2).PadLeft(5, '0')));
        var bytes = Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2)).ToArray();
        return Totp.CodeAt(bytes, Totp.StepAt(world.Clock.GetUtcNow()) + steps);
    }
}
