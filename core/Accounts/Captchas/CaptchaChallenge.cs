namespace Cloudreve.Core.Accounts.Captchas;

/// <summary>A picture with a question for a human.</summary>
/// <param name="Image">The picture, as PNG.</param>
/// <param name="Ticket">Sent back with the answer; contains no hint of it.</param>
public sealed record CaptchaChallenge(byte[] Image, string Ticket);

/// <summary>A request's answer to a captcha.</summary>
/// <param name="Captcha">The answer, or a provider's token; null for none.</param>
/// <param name="Ticket">The ticket of the picture, or a provider's token; null for none.</param>
public sealed record CaptchaAnswer(string? Captcha, string? Ticket);
