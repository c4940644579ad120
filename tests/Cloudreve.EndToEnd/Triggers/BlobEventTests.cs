using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Triggers;

/// <summary>Imports that Event Grid sets off.</summary>
[Collection(EventDrivenSiteCollection.Name)]
public sealed class BlobEventTests(EventDrivenSite events)
{
    private readonly Site _site = events.Site;

    [Fact]
    public async Task A_new_subscription_is_validated()
    {
        using var answer = await events.Events.ValidateAsync("512d38b6-c7b8-40c8-89fe-f46f9e9622b6");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("512d38b6-c7b8-40c8-89fe-f46f9e9622b6", body.GetProperty("validationResponse").GetString());
    }

    [Fact]
    public async Task A_blob_that_Event_Grid_announces_becomes_a_file_of_its_user()
    {
        var name = $"imports/{_site.Client.UserId}/inbox/scan 1.pdf";
        await _site.WriteAsync((name, "%PDF"u8.ToArray()));

        using var answer = await events.Events.AnnounceAsync(name, 4);

        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}\n{_site.Host.Story}");
        await _site.EventuallyAsync(async () => (await _site.Client.ListNamesAsync("cloudreve://my")).Contains("inbox"));
        await _site.EventuallyAsync(async () => (await _site.Client.ListNamesAsync("cloudreve://my/inbox")).Contains("scan 1.pdf"));
        Assert.Equal("%PDF"u8.ToArray(), await _site.Client.DownloadAsync("cloudreve://my/inbox/scan%201.pdf"));
    }

    [Theory]
    [InlineData("functionName=Host.Functions.ImportArrivedBlob")]
    [InlineData("functionName=Host.Functions.ImportArrivedBlob&code=")]
    [InlineData("functionName=Host.Functions.ImportArrivedBlob&code=the-key-of-another-extension")]
    public async Task Without_the_key_nobody_announces_blobs(string query)
    {
        var name = $"imports/{_site.Client.UserId}/refused/letter.pdf";
        await _site.WriteAsync((name, "%PDF"u8.ToArray()));

        using var answer = await events.Events.AnnounceAsync(name, 4, query);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task An_arrival_that_fails_five_times_is_in_the_poison_queue_and_in_the_log()
    {
        await BreakAccountAsync(userId: 999);
        await _site.WriteAsync(("imports/999/doomed.pdf", "%PDF"u8.ToArray()));

        using var answer = await events.Events.AnnounceAsync("imports/999/doomed.pdf", 4);

        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}\n{_site.Host.Story}");
        var message = await PoisonQueue.AwaitAsync(_site, "webjobs-blobtrigger-poison", "imports/999/doomed.pdf");
        Assert.Contains(_site.Layout.FilesContainerName, message, StringComparison.Ordinal);
        Assert.Equal(5, _site.Host.Count("Executed 'Functions.ImportArrivedBlob' (Failed"));
    }

    /// <summary>Writes an account's row that cannot be read.</summary>
    private async Task BreakAccountAsync(long userId) => await _site.Layout.Users.UpsertAsync(new Row($"u{userId:x}", "!user") { ["id"] = userId });
}
