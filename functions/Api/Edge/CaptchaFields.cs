using Cloudreve.Core.Accounts.Captchas;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>A body that may carry a captcha (contract, section 6).</summary>
internal interface ICaptchaFields
{
    /// <summary>The answer, or a provider's token.</summary>
    string? Captcha { get; }

    /// <summary>The ticket of the picture, or a provider's token.</summary>
    string? Ticket { get; }
}

/// <summary>Reads captchas from bodies.</summary>
internal static class CaptchaFieldsExtensions
{
    /// <summary>The answer to a captcha in a body.</summary>
    /// <param name="fields">The body.</param>
    public static CaptchaAnswer CaptchaAnswer(this ICaptchaFields fields) => new(fields.Captcha, fields.Ticket);
}
