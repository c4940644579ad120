using Cloudreve.Core.Settings;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Settings;

public sealed class SettingStoreTests(AzuriteServer azurite)
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Given_nothing_stored_when_settings_are_read_then_defaults_hold()
    {
        var store = new SettingStore((await Installation.CreateAsync(azurite)).Connect(), _clock);

        var site = await store.GetAsync();

        Assert.Equal("Cloudreve", site.Get(SiteSetting.SiteName));
        Assert.Equal(TimeSpan.FromHours(1), site.Get(SiteSetting.AccessTokenLifetime));
    }

    [Fact]
    public async Task Given_a_change_by_another_process_when_the_age_limit_passes_then_it_shows_and_costs_one_transaction()
    {
        var installation = await Installation.CreateAsync(azurite);
        var layout = installation.Connect();
        var reader = new SettingStore(layout, _clock);
        await reader.GetAsync();
        await new SettingStore(installation.Connect(), _clock).SetAsync(new Dictionary<string, string> { ["siteName"] = "Drive" });
        using var measured = layout.Account.Transactions.Measure();

        var before = (await reader.GetAsync()).Get(SiteSetting.SiteName);
        _clock.Advance(SettingStore.MaxAge);
        var after = (await reader.GetAsync()).Get(SiteSetting.SiteName);

        Assert.Equal(("Cloudreve", "Drive"), (before, after));
        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task Given_a_change_by_this_process_when_settings_are_read_then_it_shows_at_once()
    {
        var store = new SettingStore((await Installation.CreateAsync(azurite)).Connect(), _clock);
        await store.GetAsync();

        await store.SetAsync(new Dictionary<string, string> { ["siteURL"] = "https://a.example, https://b.example" });

        Assert.Equal(["https://a.example/", "https://b.example/"], (await store.GetAsync()).Urls.Select(url => url.ToString()));
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("on", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Given_the_spellings_of_a_flag_when_they_are_read_then_they_mean_the_same(string text, bool value) =>
        Assert.Equal(value, SiteSetting.ShowAppPromotion.Read(text));

    [Theory]
    [InlineData("abc")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("99999999999999999999")]
    public void Given_a_lifetime_of_the_wrong_form_when_it_is_read_then_the_default_holds(string text) =>
        Assert.Equal(TimeSpan.FromHours(1), SiteSetting.AccessTokenLifetime.Read(text));
}
