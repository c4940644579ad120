using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>A request that names an existing object of the first user's.</summary>
/// <param name="Request">
/// Creates the request: for both users the same, except for what shows who asks, such as a token, a signature or a password.
/// </param>
internal sealed record Attempt(Func<Person, HttpRequestMessage> Request)
{
    /// <summary>The part of the owner's response that nobody else may get; null when the response reveals nothing.</summary>
    public string? Revealed { get; init; }

    /// <summary>
    /// Changes that any response may cause: attempts that are counted, and ceremonies that the first response ends, whoever gets it. Words of
    /// rows' keys.
    /// </summary>
    public IReadOnlyList<string> Spends { get; init; } = [];

    /// <summary>Checks whether a change is one of <see cref="Spends"/>.</summary>
    /// <param name="change">The row's name.</param>
    public bool MaySpend(string change) => Spends.Any(word => change.Contains(word, StringComparison.Ordinal));

    /// <summary>A request that is the same for both.</summary>
    public static Attempt Of(HttpMethod method, string path, object? body = null) => new(_ => Message(method, path, body));

    /// <summary>A request.</summary>
    public static HttpRequestMessage Message(HttpMethod method, string path, object? body = null) => new(method, "/api/v4/" + path)
    {
        Content = body switch
        {
            null => null,
            byte[] bytes => new ByteArrayContent(bytes),
            HttpContent content => content,
            _ => JsonContent.Create(body, options: JsonSerializerOptions.Default),
        },
    };
}

/// <summary>An answer as the table words it.</summary>
/// <param name="Text">The body.</param>
internal sealed record Reply(string Outcome, string Text)
{
    /// <summary>Sends a request and reads the answer.</summary>
    public static async Task<Reply> OfAsync(HttpClient client, HttpRequestMessage request)
    {
        using var message = request;
        using var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        // A stream of events has no end.
        if (!IsJson(answer))
            return new Reply(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Redirect ? "0" : $"http {(int)answer.StatusCode}", "");
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode != HttpStatusCode.OK)
            return new Reply($"http {(int)answer.StatusCode}", text);
        using var body = JsonDocument.Parse(text);
        return new Reply(body.RootElement.TryGetProperty("code", out var code) ? Outcomes(code.GetInt32(), body.RootElement) : "0", text);
    }

    private static bool IsJson(HttpResponseMessage answer) => answer.Content.Headers.ContentType?.MediaType == "application/json";

    private static string Outcomes(int code, JsonElement body)
    {
        if (code != 40081)
            return $"{code}";
        var inner = body.GetProperty("aggregated_error").EnumerateObject().Select(failure => failure.Value.GetProperty("code").GetInt32());
        return $"{code}/{Assert.Single(inner)}";
    }
}
