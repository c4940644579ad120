using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Cloudreve.EndToEnd.Sites;

namespace Cloudreve.EndToEnd.WebDav;

/// <summary>A WebDAV account of the administrator, and a client that uses it.</summary>
internal sealed class DavDevice : IDisposable
{
    private DavDevice(Uri site, string password)
    {
        Password = password;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(site, "dav/") };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{SiteClient.AdminEmail}:{password}")));
    }

    public string Password { get; }

    /// <summary>A client whose base address is the account's root.</summary>
    public HttpClient Http { get; }

    /// <summary>Makes an account whose content is streamed.</summary>
    public static async Task<DavDevice> CreateAsync(Site site)
    {
        var account = await site.Client.SendAsync(
            HttpMethod.Put, "devices/dav", JsonContent.Create(new { name = "A program", uri = "cloudreve://my", proxy = true }));
        return new DavDevice(site.Address, account.GetProperty("password").GetString()!);
    }

    /// <summary>Sends a request.</summary>
    /// <returns>The status and the answer's headers.</returns>
    public async Task<(int Status, HttpResponseHeaders Headers)> SendAsync(
        string method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await Http.SendAsync(request);
        return ((int)answer.StatusCode, answer.Headers);
    }

    public void Dispose() => Http.Dispose();
}
