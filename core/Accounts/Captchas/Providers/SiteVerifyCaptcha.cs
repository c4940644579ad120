using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Captchas.Providers;

/// <summary>
/// A provider's captcha: the browser gets a token from the provider, and the provider verifies it. All three speak the
/// same protocol: <c>secret</c> and <c>response</c> in a form, or in JSON for Cap, and <c>success</c> in the answer. A provider that
/// does not respond lets nobody through.
/// </summary>
internal sealed class SiteVerifyCaptcha : ICaptchaVerifier
{
    // Tokens of reCAPTCHA have about 2,000 characters.
    private const int MaxToken = 8192;

    private static readonly OutgoingLimits s_limits = new(TimeSpan.FromSeconds(10), 64 * 1024);

    private readonly HttpClient _client;
    private readonly Func<SiteSettings, Uri?> _address;
    private readonly Setting<string> _secret;
    private readonly Func<CaptchaAnswer, string?> _token;
    private readonly bool _speaksJson;

    private SiteVerifyCaptcha(
        HttpClient client, string type, Func<SiteSettings, Uri?> address, Setting<string> secret, Func<CaptchaAnswer, string?> token, bool speaksJson)
    {
        _client = client;
        Type = type;
        _address = address;
        _secret = secret;
        _token = token;
        _speaksJson = speaksJson;
    }

    /// <inheritdoc/>
    public string Type { get; }

    /// <summary>All providers.</summary>
    /// <param name="outgoing">Reaches them.</param>
    public static IEnumerable<SiteVerifyCaptcha> All(CaptchaProviders providers, OutgoingHttp outgoing)
    {
        var client = outgoing.CreateClient(s_limits);
        return
        [
            new(client, CaptchaSetting.Recaptcha, _ => providers.Recaptcha, CaptchaSetting.RecaptchaSecret, answer => answer.Captcha, speaksJson: false),
            new(client, CaptchaSetting.Turnstile, _ => providers.Turnstile, CaptchaSetting.TurnstileSecret, answer => answer.Ticket, speaksJson: false),
            new(client, CaptchaSetting.Cap, CapAddress, CaptchaSetting.CapSecret, answer => answer.Ticket, speaksJson: true),
        ];
    }

    /// <inheritdoc/>
    public async Task<bool> VerifyAsync(SiteSettings site, CaptchaAnswer answer, CancellationToken cancellationToken)
    {
        if (_token(answer) is not { Length: > 0 and <= MaxToken } token || _address(site) is not { } address)
            return false;
        try
        {
            using var content = Describe(site.Get(_secret), token);
            using var response = await _client.PostAsync(address, content, cancellationToken);
            if (!response.IsSuccessStatusCode)
                return false;
            var verdict = await response.Content.ReadFromJsonAsync(SiteVerifyJson.Default.SiteVerifyAnswer, cancellationToken);
            return verdict?.Success == true;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Uri? CapAddress(SiteSettings site) =>
        Uri.TryCreate(site.Get(CaptchaSetting.CapInstance).TrimEnd('/') + "/" + Uri.EscapeDataString(site.Get(CaptchaSetting.CapKey)) + "/siteverify",
            UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : null;

    private HttpContent Describe(string secret, string token) => _speaksJson
        ? JsonContent.Create(new SiteVerifyRequest(secret, token), SiteVerifyJson.Default.SiteVerifyRequest)
        : new FormUrlEncodedContent([new("secret", secret), new("response", token)]);
}

/// <summary>The question to a provider.</summary>
internal sealed record SiteVerifyRequest(string Secret, string Response);

/// <summary>A provider's answer.</summary>
internal sealed record SiteVerifyAnswer(bool Success);

/// <summary>JSON of the protocol.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SiteVerifyRequest))]
[JsonSerializable(typeof(SiteVerifyAnswer))]
internal sealed partial class SiteVerifyJson : JsonSerializerContext;
