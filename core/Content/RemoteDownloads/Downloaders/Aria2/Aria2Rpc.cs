using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Aria2;

/// <summary>Calls the JSON-RPC interface of aria2.</summary>
/// <param name="http">Makes the calls.</param>
/// <param name="settings">Access to aria2.</param>
internal sealed class Aria2Rpc(DownloaderHttp http, Aria2Settings settings)
{
    private const string Page = "jsonrpc";

    /// <summary>Calls a method.</summary>
    /// <param name="method">The method, without its prefix.</param>
    /// <param name="parameters">Its parameters, without the secret.</param>
    /// <exception cref="Aria2RefusedException">aria2 responds with an error.</exception>
    /// <exception cref="RetryLaterException">aria2 does not respond, or something else is at its address.</exception>
    public async Task<JsonElement> CallAsync(string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        if (settings.Token.Length > 0)
            parameters.Insert(0, "token:" + settings.Token);
        var call = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "1", ["method"] = "aria2." + method, ["params"] = parameters };
        var server = settings.Server.TrimEnd('/');
        var address = server.EndsWith("/" + Page, StringComparison.Ordinal) ? new Uri(server) : DownloaderHttp.AddressOf(server, Page);
        // aria2 takes no body in chunks.
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(call.ToJsonString(), Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request, cancellationToken);
        try
        {
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            if (answer.TryGetProperty("error", out var error))
                throw new Aria2RefusedException(error.GetProperty("message").GetString() ?? "");
            return answer.GetProperty("result");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or NotSupportedException)
        {
            throw DownloaderAnswer.NotOne(Aria2Status.Program, e);
        }
    }
}
