using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.EndToEnd.Sites;

namespace Cloudreve.EndToEnd.Http;

/// <summary>Writes the content of a file in one request.</summary>
internal static class ContentUpload
{
    /// <summary>Sends <see cref="PatternContent"/>.</summary>
    /// <param name="client">The site.</param>
    /// <param name="uri">The file.</param>
    /// <param name="length">Number of bytes.</param>
    /// <param name="isChunked">True if the request has no Content-Length.</param>
    public static async Task<(HttpStatusCode Status, JsonElement Envelope)> PutAsync(SiteClient client, string uri, long length, bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v4/file/content?uri=" + Uri.EscapeDataString(uri))
        {
            Content = new PatternContent(length, announcesLength: !isChunked),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (isChunked)
            request.Headers.Add("X-Expected-Entity-Length", length.ToString(CultureInfo.InvariantCulture));
        using var answer = await client.Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }
}
