using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Http;

/// <summary>Tests which requests the host lets in.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed class RouteTests(SharedSite shared) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = shared.Site.Address };

    [Theory]
    [InlineData("DELETE", "/api/v4/site/ping")]
    [InlineData("POST", "/api/v4/site/ping")]
    [InlineData("PROPFIND", "/api/v4/file")]
    [InlineData("GET", "/api/v4/no/such/path")]
    public async Task A_path_or_method_of_no_function_is_not_found(string method, string path) =>
        Assert.Equal(HttpStatusCode.NotFound, await SendAsync(method, path));

    [Theory]
    [InlineData("/ImportOrchestration")]
    [InlineData("/ImportFoldersOrchestration")]
    [InlineData("/BeginImport")]
    [InlineData("/SendMail")]
    [InlineData("/api/SendMail")]
    [InlineData("/ImportArrivedBlob")]
    [InlineData("/RestartLostTasks")]
    [InlineData("/admin/functions/SendMail")]
    [InlineData("/admin/host/status")]
    [InlineData("/runtime/webhooks/durabletask/orchestrators/ImportOrchestration")]
    [InlineData("/runtime/webhooks/blobs?functionName=Host.Functions.ImportArrivedBlob")]
    public async Task Orchestrators_activities_queues_and_timers_cannot_be_reached_by_HTTP(string path)
    {
        var status = await SendAsync("POST", path);

        Assert.True(status is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized, $"{status}");
        Assert.Equal(0, shared.Site.Host.Count("Executing 'Functions.SendMail'"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/admin/dashboard")]
    [InlineData("/settings/preferences?path=%2F")]
    public async Task Pages_are_those_of_the_front_end(string path) => Assert.Equal(SharedSite.FrontEndPage, await _client.GetStringAsync(path));

    [Fact]
    public async Task Upper_case_paths_are_answered_as_the_others()
    {
        using var answer = await _client.GetAsync("/API/V4/site/ping");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetInt32());
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpStatusCode> SendAsync(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method is "POST")
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var answer = await _client.SendAsync(request);
        return answer.StatusCode;
    }
}
