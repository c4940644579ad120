using System.Globalization;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.WebDav;

/// <summary>Many WebDAV clients at once.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed class DavClientsTests(SharedSite shared)
{
    private const int Clients = 16;
    private const int Rounds = 6;

    [Fact]
    public async Task Given_16_clients_of_one_folder_when_they_write_move_and_delete_then_nothing_is_lost()
    {
        using var device = await DavDevice.CreateAsync(shared.Site);
        Assert.Equal(201, (await device.SendAsync("MKCOL", "crowd")).Status);

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => WorkAsync(device, client)));

        for (var client = 0; client < Clients; client++)
        {
            for (var round = 0; round < Rounds; round++)
                Assert.Equal(ContentOf(client, round), await device.Http.GetStringAsync($"crowd/{client}-{round}-moved.txt"));
        }
        var names = await ListAsync(device);
        Assert.Equal((Clients * Rounds) + 1, names);
        Assert.Matches($"^({string.Join('|', Enumerable.Range(0, Clients))})$", await device.Http.GetStringAsync("crowd/shared.txt"));
    }

    private static async Task WorkAsync(DavDevice device, int client)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"crowd/{client}-{round}");
            await ExpectAsync(device, "PUT", $"{name}.txt", new StringContent(ContentOf(client, round)));
            await ExpectAsync(device, "MOVE", $"{name}.txt", null, ("Destination", $"/dav/{name}-moved.txt"));
            await ExpectAsync(device, "PUT", $"{name}.tmp", new StringContent("gone"));
            await ExpectAsync(device, "DELETE", $"{name}.tmp", null);
            await ExpectAsync(device, "PUT", "crowd/shared.txt", new StringContent($"{client}"));
        }
    }

    /// <summary>Tries again while the answer says so, as clients do.</summary>
    private static async Task ExpectAsync(DavDevice device, string method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        var body = content is null ? null : await content.ReadAsByteArrayAsync();
        for (var attempt = 0; ; attempt++)
        {
            var (status, _) = await device.SendAsync(method, path, body is null ? null : new ByteArrayContent(body), headers);
            if (status is 201 or 204)
                return;
            Assert.True(status == 503 && attempt < 20, $"{method} {path}: {status}");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private static async Task<int> ListAsync(DavDevice device)
    {
        using var request = new HttpRequestMessage(new HttpMethod("PROPFIND"), "crowd/");
        request.Headers.Add("Depth", "1");
        using var answer = await device.Http.SendAsync(request);
        return (await answer.Content.ReadAsStringAsync()).Split("</D:response>").Length - 2;
    }

    private static string ContentOf(int client, int round) => string.Create(CultureInfo.InvariantCulture, $"client {client}, round {round}");
}
