using System.Security.Cryptography;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Encryption;

/// <summary>
/// The key that wraps the keys of blobs: a setting that is created when it is first needed, an environment variable, or a file, as
/// the setting <c>encrypt_master_key_vault</c> says. Without it all encrypted content is lost.
/// </summary>
public sealed class MasterKeys(SettingStore settings)
{
    /// <summary>The environment variable with the key in base64.</summary>
    public const string Variable = "CLOUDREVE_ENCRYPT_MASTER_KEY";

    /// <summary>The key, 32 bytes. No transaction, except the first time on a site.</summary>
    /// <exception cref="CloudreveException">50002 when there is none, or one of another length.</exception>
    public async Task<byte[]> GetAsync(CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        return Parse(site.Get(SiteSetting.EncryptMasterKeyVault) switch
        {
            "env" => Environment.GetEnvironmentVariable(Variable),
            "file" => await ReadFileAsync(site.Get(SiteSetting.EncryptMasterKeyFile), cancellationToken),
            _ => await ReadSettingAsync(site, cancellationToken),
        });
    }

    private async Task<string> ReadSettingAsync(SiteSettings site, CancellationToken cancellationToken)
    {
        if (site.Get(SiteSetting.EncryptMasterKey) is { Length: > 0 } stored)
            return stored;
        // The first writer decides, also among several processes.
        await settings.SeedAsync(
            new Dictionary<string, string> { [SiteSetting.EncryptMasterKey.Key] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(CtrCipher.KeySize)) },
            cancellationToken);
        return (await settings.GetAsync(cancellationToken)).Get(SiteSetting.EncryptMasterKey);
    }

    private static async Task<string?> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return path.Length == 0 ? null : (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudreveException(ErrorCode.EncryptionError, "The master key file cannot be read.", e);
        }
    }

    private static byte[] Parse(string? text)
    {
        var key = new byte[CtrCipher.KeySize];
        return text is not null && Convert.TryFromBase64String(text, key, out var length) && length == key.Length
            ? key
            : throw new CloudreveException(ErrorCode.EncryptionError, "The site's master key must have 32 bytes.");
    }
}
