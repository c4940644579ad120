using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Cloudreve.Functions.Tests.App;

/// <summary>The envelope of an answer.</summary>
/// <param name="Root">The whole of it.</param>
public sealed record ApiAnswer(JsonElement Root)
{
    /// <summary>The code.</summary>
    public int Code => Root.GetProperty("code").GetInt32();

    /// <summary>The message.</summary>
    public string Msg => Root.GetProperty("msg").GetString()!;

    /// <summary>The payload; undefined when there is none.</summary>
    public JsonElement Data => Root.TryGetProperty("data", out var data) ? data : default;
}

/// <summary>Calls API routes and reads their envelopes. Paths are relative to the API's prefix.</summary>
public static class ApiCalls
{
    /// <summary>GET.</summary>
    public static Task<ApiAnswer> GetApiAsync(this HttpClient client, string path) => client.SendApiAsync(HttpMethod.Get, path);

    /// <summary>POST of a JSON body.</summary>
    public static Task<ApiAnswer> PostApiAsync(this HttpClient client, string path, object body) => client.SendApiAsync(HttpMethod.Post, path, body);

    /// <summary>Any method, with or without a JSON body.</summary>
    public static Task<ApiAnswer> SendApiAsync(this HttpClient client, HttpMethod method, string path, object? body = null) =>
        client.SendRawAsync(method, path, body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Default));

    /// <summary>Any method with a body as it is, such as a malformed one.</summary>
    public static Task<ApiAnswer> SendTextAsync(this HttpClient client, HttpMethod method, string path, string body) =>
        client.SendRawAsync(method, path, new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>Any method with any content.</summary>
    public static async Task<ApiAnswer> SendRawAsync(this HttpClient client, HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, "/api/v4/" + path) { Content = content };
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return new ApiAnswer(body.RootElement.Clone());
    }
}
