using System.Globalization;
using System.Security.Cryptography;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Captchas.Pictures;

/// <summary>The text of a picture and the expected answer.</summary>
/// <param name="Text">Characters of <see cref="StrokeFont"/>.</param>
/// <param name="Answer">In upper case.</param>
internal sealed record CaptchaQuestion(string Text, string Answer)
{
    private const int MaxLength = 10;
    private const string Digits = "0123456789";

    // Without characters that look similar when they are slanted.
    private const string Letters = "ABCDEFGHJKMNPRTUVWXY";
    private const string Mixed = "234678" + Letters;

    /// <summary>Generates one.</summary>
    /// <param name="site">Says of which kind.</param>
    public static CaptchaQuestion Draw(SiteSettings site)
    {
        var length = (int)Math.Min(site.Get(CaptchaSetting.Length), MaxLength);
        return site.Get(CaptchaSetting.Mode) switch
        {
            "0" => Characters(Digits, length),
            "1" => Characters(Letters, length),
            "2" => Sum(),
            _ => Characters(Mixed, length),
        };
    }

    private static CaptchaQuestion Characters(string alphabet, int length)
    {
        var text = RandomNumberGenerator.GetString(alphabet, length);
        return new CaptchaQuestion(text, text);
    }

    private static CaptchaQuestion Sum()
    {
        var (a, b) = (RandomNumberGenerator.GetInt32(2, 50), RandomNumberGenerator.GetInt32(1, 10));
        var isSum = RandomNumberGenerator.GetInt32(2) == 0;
        // The smaller number is subtracted from the larger one: there is no sign to type.
        var (left, right) = isSum || a >= b ? (a, b) : (b, a);
        var result = isSum ? left + right : left - right;
        return new CaptchaQuestion(
            string.Create(CultureInfo.InvariantCulture, $"{left}{(isSum ? '+' : '-')}{right}=?"), result.ToString(CultureInfo.InvariantCulture));
    }
}
