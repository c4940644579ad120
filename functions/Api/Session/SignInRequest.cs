using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session;

/// <summary>The body of a sign-in.</summary>
/// <param name="Email">Mail address.</param>
internal sealed record SignInRequest(string Email, string Password) : ICaptchaFields
{
    /// <inheritdoc/>
    public string? Captcha { get; init; }

    /// <inheritdoc/>
    public string? Ticket { get; init; }
}
