using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Cloudreve.Benchmarks.WebDav;

/// <summary>The requests that are measured.</summary>
internal static class DavRequests
{
    private const string Names =
        "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/></D:prop></D:propfind>";

    public static Task MakeFolderAsync(this IDavServer server, string name) => server.SendAsync(new HttpMethod("MKCOL"), name + "/", null);

    public static Task PutAsync(this IDavServer server, string name, HttpContent content) => server.SendAsync(HttpMethod.Put, name, content);

    /// <summary>Lists a folder.</summary>
    /// <returns>How many responses there are in the answer.</returns>
    public static async Task<int> ListAsync(this IDavServer server, string folder)
    {
        using var request = new HttpRequestMessage(new HttpMethod("PROPFIND"), folder + "/") { Content = new StringContent(Names, Encoding.UTF8, "application/xml") };
        request.Headers.Add("Depth", "1");
        using var answer = await server.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.StatusCode == HttpStatusCode.MultiStatus
            ? Regex.Count(text, "</[A-Za-z]*:?response>")
            : throw new BenchmarkException($"{server.Name} answered PROPFIND with {(int)answer.StatusCode} {text}");
    }

    /// <summary>Reads a file.</summary>
    /// <returns>Its bytes.</returns>
    public static async Task<long> ReadAsync(this HttpClient client, string name)
    {
        await using var content = await client.GetStreamAsync(new Uri(name, UriKind.Relative));
        var buffer = new byte[256 * 1024];
        var sum = 0L;
        for (int read; (read = await content.ReadAsync(buffer)) > 0;)
            sum += read;
        return sum;
    }

    private static async Task SendAsync(this IDavServer server, HttpMethod method, string name, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, name) { Content = content };
        using var answer = await TrySendAsync(server, request);
        if (!answer.IsSuccessStatusCode)
            throw new BenchmarkException($"{server.Name} answered {method} {name} with {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private static async Task<HttpResponseMessage> TrySendAsync(IDavServer server, HttpRequestMessage request)
    {
        try
        {
            return await server.Client.SendAsync(request);
        }
        catch (HttpRequestException exception)
        {
            throw new BenchmarkException($"{server.Name} did not answer {request.Method} {request.RequestUri}: {exception}");
        }
    }
}
