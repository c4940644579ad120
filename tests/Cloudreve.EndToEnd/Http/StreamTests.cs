using System.IO.Compression;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Http;

/// <summary>Responses that are sent while they are produced.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed class StreamTests(SharedSite shared)
{
    private readonly Site _site = shared.Site;

    [Fact]
    public async Task Events_of_a_folder_arrive_one_by_one_while_the_stream_continues()
    {
        await _site.Client.ChangeSettingAsync("fs_event_push_debounce", "1");
        await _site.Client.PostAsync("file/create", new { uri = "cloudreve://my/watched", type = "folder" });
        using var client = new HttpClient { BaseAddress = _site.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v4/file/events?uri=cloudreve://my/watched");
        request.Headers.Authorization = _site.Client.Http.DefaultRequestHeaders.Authorization;
        request.Headers.Add("X-Cr-Client-Id", Guid.NewGuid().ToString());

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await using var events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("subscribed", (await NextAsync(events, "subscribed")).EventType);

        // Each is produced after the previous one has arrived.
        foreach (var name in (string[])["first.txt", "second.txt"])
        {
            await _site.Client.PostAsync("file/create", new { uri = "cloudreve://my/watched/" + name, type = "file" });
            using var data = JsonDocument.Parse((await NextAsync(events, "event")).Data);
            Assert.Equal("create", data.RootElement.GetProperty("type").GetString());
            Assert.Equal("/" + name, data.RootElement.GetProperty("to").GetString());
        }
    }

    [Fact]
    public async Task An_archive_of_a_folder_is_streamed_and_holds_every_file_byte_for_byte()
    {
        var contents = Enumerable.Range(0, 3).ToDictionary(i => $"packed/{i}/file {i}.bin", _ => RandomNumberGenerator.GetBytes(2_000_000));
        await _site.WriteAsync(contents.Select(file => (file.Key, file.Value)));
        var id = await _site.Client.StartImportAsync("/packed", "/packed");
        await _site.EventuallyAsync(async () => (await _site.Client.FindTaskAsync(id)).GetProperty("status").GetString() == "completed");
        using var client = new HttpClient();

        using var answer = await client.GetAsync(
            await _site.Client.SignDownloadAsync("cloudreve://my/packed", archive: true), HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        Assert.Null(answer.Content.Headers.ContentLength);
        await using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync());

        Assert.Equal(contents.Keys.Order(), zip.Entries.Where(entry => entry.Name.Length > 0).Select(entry => entry.FullName).Order());
        foreach (var (name, content) in contents)
        {
            await using var entry = await zip.GetEntry(name)!.OpenAsync();
            using var read = new MemoryStream();
            await entry.CopyToAsync(read);
            Assert.Equal(content, read.ToArray());
        }
    }

    private static async Task<SseItem<string>> NextAsync(IAsyncEnumerator<SseItem<string>> events, string type)
    {
        do
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)), "The stream has ended.");
        while (events.Current.EventType != type);
        return events.Current;
    }
}
