using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.SignUps;

/// <summary>The body of a sign-up.</summary>
/// <param name="Email">Mail address.</param>
internal sealed record SignUpRequest(string Email, string Password) : ICaptchaFields
{
    /// <summary>Locale code.</summary>
    public string? Language { get; init; }

    /// <inheritdoc/>
    public string? Captcha { get; init; }

    /// <inheritdoc/>
    public string? Ticket { get; init; }
}
