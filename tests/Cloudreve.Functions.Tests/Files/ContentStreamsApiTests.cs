using System.Net;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files.Content;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Limits on the content that readers may have open at once, and on how slowly they may read.</summary>
public sealed class ContentStreamsApiTests(AzuriteServer azurite)
{
    private static readonly TimeSpan Safety = TimeSpan.FromMinutes(2);

    // More than all buffers on the way hold, so that a response to a reader who does not read stays open.
    private static readonly byte[] Large = new byte[48 << 20];

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly HttpClient _plain = new() { Timeout = Safety };

    [Fact]
    public async Task Given_an_address_with_all_its_downloads_when_it_asks_for_another_then_it_has_to_wait()
    {
        await using var app = await StartAsync((DownloadSetting.MostPerAddress.Key, "1"));
        var (client, user) = await app.NewUserAsync();
        await app.AddFileAsync(user, "/large.bin", Large, SiteFiles.ProxiedPolicy);
        await app.AddFileAsync(user, "/small.bin", [1, 2, 3], SiteFiles.ProxiedPolicy);
        var large = await client.AddressAsync("cloudreve://my/large.bin");
        using var held = await OpenAsync(large);

        using var refused = await OpenAsync(large);

        AssertRefused(refused);
        Assert.Contains("429", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], await _plain.GetByteArrayAsync(await client.AddressAsync("cloudreve://my/small.bin")));
        held.Dispose();
        await AwaitFreeAsync(large);
    }

    [Fact]
    public async Task Given_a_user_with_all_downloads_when_an_archive_is_requested_then_the_user_is_told_to_wait()
    {
        await using var app = await StartAsync((DownloadSetting.MostPerUser.Key, "1"));
        var client = await app.SignInAsync();
        var admin = (await app.Services.GetRequiredService<UserStore>().FindAsync(User.FirstId))!;
        await app.AddFileAsync(admin, "/large.bin", Large);
        var archive = await client.AddressAsync("", new { uris = new[] { "cloudreve://my/large.bin" }, archive = true });
        using var held = await OpenAsync(archive);

        using var refused = await OpenAsync(archive);

        AssertRefused(refused);
        held.Dispose();
        await AwaitFreeAsync(archive);
    }

    [Fact]
    public async Task Given_a_reader_who_takes_nothing_when_time_passes_then_the_download_is_cut_off()
    {
        await using var app = await StartAsync((DownloadSetting.MostPerAddress.Key, "1"));
        var (client, user) = await app.NewUserAsync();
        await app.AddFileAsync(user, "/large.bin", Large, SiteFiles.ProxiedPolicy);
        var large = await client.AddressAsync("cloudreve://my/large.bin");
        using var held = await OpenAsync(large);
        Assert.Equal(HttpStatusCode.OK, held.StatusCode);

        await AwaitFreeAsync(large, () => _clock.Advance(WatchedBody.Grace / 2));

        await Assert.ThrowsAnyAsync<Exception>(() => held.Content.ReadAsByteArrayAsync().WaitAsync(Safety));
    }

    private static void AssertRefused(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter?.Delta);
    }

    private Task<HttpResponseMessage> OpenAsync(Uri address) => _plain.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Waits until the address is served again.</summary>
    private async Task AwaitFreeAsync(Uri address, Action? pass = null)
    {
        using var limit = new CancellationTokenSource(Safety);
        while (true)
        {
            pass?.Invoke();
            using var answer = await OpenAsync(address);
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
            AssertRefused(answer);
            await Task.Delay(50, limit.Token);
        }
    }

    private async Task<AppFixture> StartAsync(params (string Key, string Value)[] settings)
    {
        var app = await AppFixture.StartAsync(azurite, services => services.AddSingleton<TimeProvider>(_clock));
        await app.AddProxiedPolicyAsync();
        await app.Services.GetRequiredService<SettingStore>().SetAsync(settings.ToDictionary(s => s.Key, s => s.Value));
        return app;
    }
}
