using System.Net;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Sharing;

public sealed class ShareGuessesTests(AzuriteServer azurite) : IAsyncLifetime
{
    private static readonly ClientAddress s_client = ClientAddress.Of(IPAddress.Parse("203.0.113.7"));

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly Share _share = new() { Id = 12, OwnerId = 7, FileId = 3, Password = "right", CreatedAt = DateTimeOffset.UnixEpoch };
    private Installation _installation = null!;

    public async ValueTask InitializeAsync() => _installation = await Installation.CreateAsync(azurite);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task IsRight_GuessesOfManyProcesses_AreCountedTogether()
    {
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            Assert.False(await GuessAsync(NewProcess(), "wrong" + i));

        Assert.False(await GuessAsync(NewProcess(), "right"));
        _clock.Advance(AttemptLimiter.Window);
        Assert.True(await GuessAsync(NewProcess(), "right"));
    }

    [Fact]
    public async Task IsRight_ManyGuessesAtOnce_NoMoreThanTheLimitAreLookedAt()
    {
        var process = NewProcess();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => GuessAsync(process, "wrong" + i)));

        var row = (await Installation.ReadPartitionAsync(_installation.Connect().Users, "share-c")).Single();

        Assert.Equal(AttemptLimiter.MaxFailures, AttemptRecord.Read(row).Addresses[s_client.Key].Count);
        Assert.False(await GuessAsync(process, "right"));
    }

    [Fact]
    public async Task IsRight_RightPassword_CostsOneTransactionAndThenNone()
    {
        var layout = _installation.Connect();
        var settings = new SettingStore(layout, _clock);
        await settings.GetAsync();
        var process = new ShareGuesses(layout, new AttemptLimiter(layout, _clock), new ClientBudgets(layout, settings, _clock), _clock);
        using var measured = layout.Account.Transactions.Measure();

        Assert.True(await GuessAsync(process, "right"));
        Assert.True(await GuessAsync(process, "right"));

        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task IsRight_NoPassword_IsNoGuess()
    {
        var process = NewProcess();
        for (var i = 0; i < AttemptLimiter.MaxFailures + 1; i++)
            Assert.False(await GuessAsync(process, ""));

        Assert.True(await GuessAsync(process, "right"));
    }

    private ShareGuesses NewProcess()
    {
        var layout = _installation.Connect();
        return new ShareGuesses(layout, new AttemptLimiter(layout, _clock), new ClientBudgets(layout, new SettingStore(layout, _clock), _clock), _clock);
    }

    private async Task<bool> GuessAsync(ShareGuesses process, string password) => await process.IsRightAsync(_share, s_client, password, TestContext.Current.CancellationToken);
}
