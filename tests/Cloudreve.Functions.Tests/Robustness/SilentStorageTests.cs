using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Tests that a request to storage without a response delays only callers that need it.</summary>
public sealed class SilentStorageTests(AzuriteServer azurite)
{
    private static readonly TimeSpan Safety = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Given_settings_whose_read_gets_no_answer_when_requests_come_then_old_values_serve()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        await using var app = await StartAsync(proxy);
        var client = await app.SignInAsync();
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
        _clock.Advance(SettingStore.MaxAge);
        using var outage = proxy.Fail(NetworkFault.Silence, request => request.IsFor(app.Layout.Site.Name));

        var first = client.GetApiAsync("user/me");
        await outage.Struck.WaitAsync(Safety);
        // The short time that requests wait for news passes.
        await PassUntilAsync(first);
        var others = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.GetApiAsync("user/me")));
        await PassUntilAsync(others);

        Assert.Equal(0, (await first).Code);
        Assert.All(await others, answer => Assert.Equal(0, answer.Code));
    }

    [Fact]
    public async Task Given_a_drive_whose_rows_get_no_answer_when_another_user_comes_then_that_one_is_served()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        await using var app = await StartAsync(proxy);
        var user = await app.CreateUserAsync();
        var (unlucky, lucky) = (await app.SignInAsync(), await app.SignInAsync(user.Email));
        var requests = 0;
        using var outage = proxy.Fail(NetworkFault.Silence, request => request.IsFor(app.Layout.Files.Name) && requests++ == 0);

        var waiting = unlucky.GetApiAsync("file?uri=cloudreve://my");
        await outage.Struck.WaitAsync(Safety);
        var served = await lucky.GetApiAsync("file?uri=cloudreve://my").WaitAsync(Safety);

        Assert.Equal(0, served.Code);
        // The request that vanished was sent again.
        Assert.Equal(0, (await waiting.WaitAsync(Safety)).Code);
    }

    private async Task PassUntilAsync(Task answered)
    {
        using var limit = new CancellationTokenSource(Safety);
        while (!answered.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(50, limit.Token);
        }
    }

    private Task<AppFixture> StartAsync(StorageProxy proxy) => AppFixture.StartAsync(
        azurite,
        services => services.AddSingleton<TimeProvider>(_clock),
        new Dictionary<string, string?> { ["AzureWebJobsStorage"] = proxy.ConnectionString });
}
