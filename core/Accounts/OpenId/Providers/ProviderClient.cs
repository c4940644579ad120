using System.Net.Http.Headers;
using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;

namespace Cloudreve.Core.Accounts.OpenId.Providers;

/// <summary>The parameters that the site sent when it redirected a user to a provider.</summary>
/// <param name="RedirectUri">The address that the user is redirected to.</param>
/// <param name="Nonce">Stands in the provider's answer.</param>
/// <param name="CodeVerifier">The secret behind the challenge of PKCE.</param>
internal sealed record OpenIdRequest(string RedirectUri, string Nonce, string CodeVerifier);

/// <summary>Calls of providers over HTTP. A provider that does not respond, or responds with nonsense, signs nobody in.</summary>
/// <param name="outgoing">Makes the client.</param>
internal sealed class ProviderClient(OutgoingHttp outgoing)
{
    private static readonly OutgoingLimits s_limits = new(TimeSpan.FromSeconds(10), 1024 * 1024);

    /// <summary>Follows no redirects and keeps nothing between calls.</summary>
    public HttpClient Http { get; } = outgoing.CreateClient(s_limits);

    /// <summary>Sends a request and reads the JSON object of the response.</summary>
    /// <exception cref="CloudreveException">40080: there is no such response.</exception>
    public async Task<JsonElement> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            using var response = await Http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw Refused();
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return body.RootElement.ValueKind == JsonValueKind.Object ? body.RootElement.Clone() : throw Refused();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Refused(e);
        }
    }

    /// <summary>A property of a response; null when it is missing or not text.</summary>
    /// <param name="name">The property.</param>
    public static string? Text(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An address of a provider with parameters.</summary>
    /// <param name="endpoint">The address.</param>
    /// <param name="parameters">Names and values; null values are left out.</param>
    public static string Address(string endpoint, params IEnumerable<(string Name, string? Value)> parameters)
    {
        var query = string.Join('&', parameters.Where(pair => pair.Value is not null).Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value!)}"));
        return endpoint + (endpoint.Contains('?', StringComparison.Ordinal) ? '&' : '?') + query;
    }

    /// <summary>A provider that refuses.</summary>
    /// <param name="cause">For the log.</param>
    public static CloudreveException Refused(Exception? cause = null) =>
        new(ErrorCode.LoginFailed, "The identity provider did not confirm your identity.", cause);
}
