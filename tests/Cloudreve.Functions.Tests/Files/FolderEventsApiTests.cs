using System.Net.ServerSentEvents;
using System.Text.Json;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>The stream that sync clients listen to (contract, section 26).</summary>
public sealed class FolderEventsApiTests(AzuriteServer azurite)
{
    private const string ClientIdHeader = "X-Cr-Client-Id";

    [Fact]
    public async Task Given_a_listening_client_when_a_file_is_made_and_renamed_then_it_hears_of_one_creation()
    {
        await using var app = await StartAsync();
        var client = await app.SignInAsync();
        await PostAsync(client, "file/create", new { uri = "cloudreve://my/in", type = "folder" });
        string created;
        await using (var stream = await ListenAsync(app, client))
        {
            Assert.Equal("subscribed", (await stream.NextAsync()).EventType);
            created = (await PostAsync(client, "file/create", new { uri = "cloudreve://my/in/a b.txt", type = "file" })).GetProperty("id").GetString()!;
            await PostAsync(client, "file/rename", new { uri = "cloudreve://my/in/a%20b.txt", new_name = "c.txt" });

            var data = JsonDocument.Parse((await stream.NextAsync("event")).Data).RootElement;

            Assert.Equal("create", data.GetProperty("type").GetString());
            Assert.Equal(created, data.GetProperty("file_id").GetString());
            Assert.Equal("/c.txt", data.GetProperty("to").GetString());
            // The receipt is stored behind a bundle.
            await PostAsync(client, "file/create", new { uri = "cloudreve://my/in/d.txt", type = "file" });
            await stream.NextAsync("event");
        }
        await PostAsync(client, "file/rename", new { uri = "cloudreve://my/in/c.txt", new_name = "e.txt" });

        await using var again = await ListenAsync(app, client);

        Assert.Equal("resumed", (await again.NextAsync()).EventType);
        string rename;
        do
            rename = (await again.NextAsync("event")).Data;
        while (!rename.Contains("rename", StringComparison.Ordinal));
        Assert.Equal(
            JsonSerializer.Serialize(new { type = "rename", file_id = created, from = "/c.txt", to = "/e.txt" }), rename);
    }

    [Fact]
    public async Task Given_no_client_id_when_a_folder_is_listened_to_then_it_is_a_bad_parameter()
    {
        await using var app = await StartAsync();

        Assert.Equal(40001, (await (await app.SignInAsync()).GetApiAsync("file/events?uri=cloudreve://my")).Code);
    }

    [Fact]
    public async Task Given_streams_disabled_when_a_folder_is_listened_to_then_the_feature_is_disabled()
    {
        await using var app = await StartAsync(("fs_event_push_enabled", "0"));
        var client = await app.SignInAsync();
        client.DefaultRequestHeaders.Add(ClientIdHeader, Guid.NewGuid().ToString());

        Assert.Equal(40019, (await client.GetApiAsync("file/events?uri=cloudreve://my")).Code);
    }

    [Theory]
    [InlineData("cloudreve://my/none", 40016)]
    [InlineData("cloudreve://trash", 40019)]
    public async Task Given_a_folder_that_cannot_be_listened_to_when_it_is_asked_then_the_code_says_why(string uri, int code)
    {
        await using var app = await StartAsync();
        var client = await app.SignInAsync();
        client.DefaultRequestHeaders.Add(ClientIdHeader, Guid.NewGuid().ToString());

        Assert.Equal(code, (await client.GetApiAsync("file/events?uri=" + uri)).Code);
    }

    [Fact]
    public async Task Given_a_user_with_all_streams_open_when_another_is_requested_then_the_code_says_so()
    {
        await using var app = await StartAsync(("fs_event_push_max_streams", "1"));
        var client = await app.SignInAsync();
        await PostAsync(client, "file/create", new { uri = "cloudreve://my/in", type = "folder" });
        await using var stream = await ListenAsync(app, client);
        await stream.NextAsync();
        // The contract has no limit, and so no code for it.
        using var plain = new HttpClient { BaseAddress = app.Address };
        plain.DefaultRequestHeaders.Authorization = client.DefaultRequestHeaders.Authorization;
        plain.DefaultRequestHeaders.Add(ClientIdHeader, Guid.NewGuid().ToString());

        var answer = await plain.GetStringAsync("/api/v4/file/events?uri=cloudreve://my/in");

        Assert.Equal(429, JsonDocument.Parse(answer).RootElement.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Given_a_listening_client_when_storage_fails_then_the_stream_says_when_to_come_back()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        await using var app = await AppFixture.StartAsync(
            azurite, settings: new Dictionary<string, string?> { ["AzureWebJobsStorage"] = proxy.ConnectionString });
        var client = await app.SignInAsync();
        await PostAsync(client, "file/create", new { uri = "cloudreve://my/in", type = "folder" });
        await using var stream = await ListenAsync(app, client);
        var first = (await stream.NextAsync()).ReconnectionInterval;

        using var outage = proxy.Fail(NetworkFault.Unavailable);
        var last = await stream.LastAsync();

        Assert.Equal("keep-alive", last.EventType);
        Assert.InRange(first!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        Assert.InRange(last.ReconnectionInterval!.Value, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(40));
    }

    private async Task<AppFixture> StartAsync(params (string Key, string Value)[] settings)
    {
        var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(
            settings.Prepend(("fs_event_push_debounce", "1")).ToDictionary(s => s.Item1, s => s.Item2));
        return app;
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string path, object body)
    {
        var answer = await client.PostApiAsync(path, body);
        Assert.Equal(0, answer.Code);
        return answer.Data;
    }

    private static async Task<Listener> ListenAsync(AppFixture app, HttpClient signedIn)
    {
        // The contract's checks read whole answers, and this one does not end.
        var client = new HttpClient { BaseAddress = app.Address };
        client.DefaultRequestHeaders.Authorization = signedIn.DefaultRequestHeaders.Authorization;
        client.DefaultRequestHeaders.Add(ClientIdHeader, "0d3f3c1e-1111-4222-8333-444455556666");
        var stream = await client.GetStreamAsync("/api/v4/file/events?uri=cloudreve://my/in");
        return new Listener(client, SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator());
    }

    private sealed class Listener(HttpClient client, IAsyncEnumerator<SseItem<string>> events) : IAsyncDisposable
    {
        public async Task<SseItem<string>> NextAsync(string? type = null)
        {
            do
                Assert.True(await events.MoveNextAsync());
            while (type is not null && events.Current.EventType != type);
            return events.Current;
        }

        /// <summary>The last event before the stream ends as a whole answer does.</summary>
        public async Task<SseItem<string>> LastAsync()
        {
            SseItem<string>? last = null;
            while (await events.MoveNextAsync())
                last = events.Current;
            return last ?? throw new InvalidOperationException("The stream had no further event.");
        }

        public async ValueTask DisposeAsync()
        {
            await events.DisposeAsync();
            client.Dispose();
        }
    }
}
