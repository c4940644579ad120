using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.WebDav;

/// <summary>An app whose administrators may use WebDAV, for all tests of a class.</summary>
public sealed class DavSite(AzuriteServer azurite) : IAsyncLifetime
{
    /// <summary>The clock. It begins at the real time, which storage goes by, and stands still.</summary>
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public AppFixture App { get; private set; } = null!;

    public async ValueTask InitializeAsync() => App = await AppFixture.StartAsync(azurite, services => services.AddSingleton<TimeProvider>(Clock));

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>A user with a WebDAV account and clients of both kinds.</summary>
    /// <param name="options">Properties of the account beside name and root.</param>
    /// <param name="root">The account's root.</param>
    internal async Task<DavUser> NewUserAsync(object? options = null, string root = "cloudreve://my")
    {
        var user = await App.CreateUserAsync(groupId: Group.AdminId);
        var api = await App.SignInAsync(user.Email);
        var account = await CreateAccountAsync(api, options, root);
        return new DavUser(this, user, api, account);
    }

    /// <summary>Creates a WebDAV account.</summary>
    internal static async Task<JsonElement> CreateAccountAsync(HttpClient api, object? options = null, string root = "cloudreve://my")
    {
        var body = new Dictionary<string, object?> { ["name"] = "Laptop", ["uri"] = root };
        foreach (var property in options?.GetType().GetProperties() ?? [])
            body[property.Name] = property.GetValue(options);
        var answer = await api.SendApiAsync(HttpMethod.Put, "devices/dav", body);
        Assert.Equal(0, answer.Code);
        return answer.Data;
    }

    /// <summary>A WebDAV client.</summary>
    internal HttpClient NewClient(string email, string password)
    {
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{email}:{password}")));
        return client;
    }
}

/// <summary>A user of WebDAV.</summary>
/// <param name="Api">A client of the API.</param>
/// <param name="Account">The WebDAV account.</param>
internal sealed record DavUser(DavSite Site, User User, HttpClient Api, JsonElement Account)
{
    /// <summary>A client with the account.</summary>
    public HttpClient Dav { get; } = Site.NewClient(User.Email, Account.GetProperty("password").GetString()!);

    /// <summary>Sends a request.</summary>
    /// <param name="path">The path below the protocol's address.</param>
    /// <param name="body">A text; null for none.</param>
    public async Task<DavReply> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/dav" + path);
        if (body is not null)
            request.Content = new StringContent(body);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var answer = await Dav.SendAsync(request);
        return new DavReply((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value)));
    }

    /// <summary>Creates a folder.</summary>
    public async Task MakeFolderAsync(string path) => Assert.Equal(201, (await SendAsync("MKCOL", path)).Status);

    /// <summary>Writes a file.</summary>
    public async Task<DavReply> PutAsync(string path, string content, params (string Name, string Value)[] headers)
    {
        var reply = await SendAsync("PUT", path, content, headers);
        Assert.True(reply.Status is 201 or 204, $"{reply.Status} {reply.Body}");
        return reply;
    }

    /// <summary>Reads a file of an account that streams.</summary>
    public async Task<string> ReadAsync(string path)
    {
        var reply = await SendAsync("GET", path);
        Assert.Equal(200, reply.Status);
        return reply.Body;
    }
}

/// <summary>An answer.</summary>
internal sealed record DavReply(int Status, string Body, IReadOnlyDictionary<string, string> Headers);
