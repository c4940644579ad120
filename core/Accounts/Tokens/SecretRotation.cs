using System.Buffers.Text;
using System.Security.Cryptography;
using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Tokens;

/// <summary>
/// Replaces the site's secret, and with it every token, signed address and WebDAV password: the front end requests it by a value that means "another
/// one". Secrets of authenticator apps stay readable, since the secret that sealed them is kept for that.
/// </summary>
public sealed class SecretRotation
{
    /// <summary>The value that the front end sends as the new secret.</summary>
    public const string Request = "[Placeholder]";

    private const int SecretBytes = 48;

    private readonly ITokenKeyStore _store;
    private readonly TimeProvider _clock;

    internal SecretRotation(ITokenKeyStore store, TimeProvider clock) => (_store, _clock) = (store, clock);

    /// <summary>Checks a whole change of settings, as <see cref="SettingChange.Check"/> does, in which the secret may be replaced.</summary>
    /// <param name="values">New texts by key.</param>
    /// <param name="site">The stored settings.</param>
    /// <returns>The texts to store together; none when nothing changed.</returns>
    /// <exception cref="CloudreveException">
    /// 40001 as there; 40019: the keys of tokens are in a key vault, so that tokens would not end.
    /// </exception>
    public IReadOnlyDictionary<string, string> Check(IReadOnlyDictionary<string, string?> values, SiteSettings site)
    {
        if (values.GetValueOrDefault(SiteSetting.SecretKey.Key) != Request)
            return SettingChange.Check(values, site);
        if (!_store.IsInSettings)
            throw new CloudreveException(ErrorCode.FeatureDisabled, "The signing keys are in a key vault. Disable their versions there to end all sessions.");
        var rest = values.Where(value => value.Key != SiteSetting.SecretKey.Key).ToDictionary();
        Dictionary<string, string> changes = rest.Count == 0 ? [] : new(SettingChange.Check(rest, site));
        changes[SiteSetting.SecretKey.Key] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        // The new key signs at once. Instances that do not know it yet refuse its tokens for as long as settings are cached.
        changes[TokenSetting.Keys.Key] = new TokenKeyRing([TokenKey.Draw(_clock.GetUtcNow()) with { ActiveFrom = _clock.GetUtcNow() }]).Write();
        if (site.Get(SiteSetting.TwoFactorKey).Length == 0)
            changes[SiteSetting.TwoFactorKey.Key] = site.Get(SiteSetting.SecretKey);
        return changes;
    }
}
