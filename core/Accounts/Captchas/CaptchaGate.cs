using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Captchas;

/// <summary>Demands captchas where the site's settings do (contract, section 6).</summary>
public sealed class CaptchaGate
{
    private readonly Dictionary<string, ICaptchaVerifier> _verifiers;

    internal CaptchaGate(IEnumerable<ICaptchaVerifier> verifiers) => _verifiers = verifiers.ToDictionary(verifier => verifier.Type, StringComparer.Ordinal);

    /// <summary>Throws where a captcha is required and the answer is wrong. No transaction where none is required; one for the picture.</summary>
    /// <param name="demand">True if a captcha is required here.</param>
    /// <exception cref="CloudreveException">40026.</exception>
    public async Task PassAsync(SiteSettings site, Setting<bool> demand, CaptchaAnswer answer, CancellationToken cancellationToken = default)
    {
        if (site.Get(demand) && !await IsRightAsync(site, answer, cancellationToken))
            throw new CloudreveException(ErrorCode.CaptchaWrong, "The captcha is incorrect or has expired.");
    }

    /// <summary>Checks an answer, required or not. An answer counts once. One transaction for the picture.</summary>
    public Task<bool> IsRightAsync(SiteSettings site, CaptchaAnswer answer, CancellationToken cancellationToken = default) =>
        _verifiers[site.Get(CaptchaSetting.Type)].VerifyAsync(site, answer, cancellationToken);
}
