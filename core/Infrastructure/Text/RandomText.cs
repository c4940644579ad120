using System.Security.Cryptography;

namespace Cloudreve.Core.Infrastructure.Text;

/// <summary>Random letters and digits for secrets and unique names: 5.95 bits each.</summary>
internal static class RandomText
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Draws a text from the system's generator.</summary>
    public static string Draw(int length) => RandomNumberGenerator.GetString(Letters, length);
}
