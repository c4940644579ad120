using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Mails;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Accounts;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Sealing;

/// <summary>Secrets of a site in its tables.</summary>
public sealed class SealedSiteTests(AzuriteServer azurite)
{
    private static readonly string s_first = SealingKeys.Draw("first");
    private static readonly string s_second = SealingKeys.Draw("second");

    private static readonly Dictionary<string, string> s_secrets = new()
    {
        [MailSetting.SmtpPassword.Key] = "plain smtp password",
        [OpenIdSetting.OidcSecret.Key] = "plain openid secret",
        [CaptchaSetting.CapSecret.Key] = "plain captcha secret " + new string('x', 70_000),
    };

    private readonly string _prefix = AzuriteServer.UniqueName();

    [Fact]
    public async Task Given_a_key_when_a_site_is_made_and_configured_then_no_secret_stands_in_its_tables()
    {
        var world = await StartAsync(s_first);
        await FillAsync(world);
        await world.Keys.MaintainAsync();

        await AssertSealedAsync(world, "first");
        await AssertReadableAsync(await StartAsync(s_first));
    }

    [Fact]
    public async Task Given_a_site_without_a_key_when_it_starts_with_one_then_what_was_stored_is_sealed()
    {
        var before = await StartAsync(null);
        await FillAsync(before);
        var secret = (await before.Settings.GetAsync()).Get(SiteSetting.SecretKey);
        Assert.Contains(await ReadTextsAsync(before), text => text.Contains("plain smtp password", StringComparison.Ordinal));

        var world = await StartAsync(s_first);

        await AssertSealedAsync(world, "first");
        await AssertReadableAsync(world);
        Assert.Equal(secret, (await world.Settings.GetAsync()).Get(SiteSetting.SecretKey));
    }

    [Fact]
    public async Task Given_a_sealed_site_when_its_key_is_replaced_then_the_old_key_can_go()
    {
        await FillAsync(await StartAsync(s_first));

        // First all processes learn the new key, then it seals, then the old one is removed.
        await AssertReadableAsync(await StartAsync($"{s_first},{s_second}"));
        var world = await StartAsync($"{s_second},{s_first}");

        await AssertSealedAsync(world, "second");
        await AssertReadableAsync(await StartAsync(s_second));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_sealed_site_when_it_starts_without_its_key_then_the_start_says_so(bool withAnotherKey)
    {
        await FillAsync(await StartAsync(s_first));

        var error = await Assert.ThrowsAsync<CloudreveException>(() => StartAsync(withAnotherKey ? s_second : null));

        Assert.Equal(ErrorCode.EncryptionError, error.Code);
        Assert.Contains("CLOUDREVE_SEALING_KEYS", error.InnerException!.Message, StringComparison.Ordinal);
        await AssertReadableAsync(await StartAsync(s_first));
    }

    [Fact]
    public async Task Given_a_sealed_site_when_a_process_starts_then_it_costs_one_transaction()
    {
        await StartAsync(s_first);
        var world = NewProcess(s_first);
        using var measured = world.Layout.Account.Transactions.Measure();

        await world.Bootstrap.EnsureAsync();

        Assert.Equal(1, measured.Total);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_while_secrets_are_sealed_when_restarted_then_all_are(StorageFault fault)
    {
        for (var call = 0; ; call++)
        {
            var prefix = AzuriteServer.UniqueName();
            await FillAsync(await StartAsync(null, prefix));
            var crash = new CrashPoint(call, fault) { IsArmed = true };
            try
            {
                await NewProcess(s_first, prefix, crash.Decide).Bootstrap.EnsureAsync();
            }
            catch (SimulatedCrashException)
            {
                // The next process finds what this one left.
            }

            var world = await StartAsync(s_first, prefix);

            await AssertSealedAsync(world, "first");
            await AssertReadableAsync(world);
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_a_sealed_secret_when_it_is_moved_to_another_setting_then_it_does_not_open()
    {
        var world = await StartAsync(s_first);
        await FillAsync(world);
        var stolen = (await world.Layout.Site.FindAsync("setting", MailSetting.SmtpPassword.Key))!;
        var shown = new Row("setting", "siteName");
        foreach (var name in stolen.Names)
            shown[name] = stolen[name];
        await world.Layout.Site.UpsertAsync(shown);

        var error = await Assert.ThrowsAsync<CloudreveException>(async () => await new SettingStore(world.Layout, world.Clock, keys: SealingKeys.Parse(s_first)).GetAsync());

        Assert.Equal(ErrorCode.EncryptionError, error.Code);
    }

    private static async Task FillAsync(IdentityWorld world)
    {
        await world.Settings.SetAsync(s_secrets);
        var policy = await world.Catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        await world.Catalog.SavePolicyAsync(policy with { SecretKey = "plain policy secret", Settings = policy.Settings with { Token = "plain policy token" } });
        var node = new NodeSettings { Aria2 = new Aria2Settings { Token = "plain aria2 token" }, Qbittorrent = new QbittorrentSettings { Password = "plain password" } };
        await new NodeEditor(world.Layout, world.Catalog).UpdateAsync(Node.MasterId, new NodeDraft("Master", null, 0, node));
    }

    private static async Task AssertReadableAsync(IdentityWorld world)
    {
        var site = await world.Settings.GetAsync();
        foreach (var (key, value) in s_secrets)
            Assert.Equal(value, site.TextOf(SettingChange.Find(key)!));
        Assert.Equal(64, site.Get(SiteSetting.SecretKey).Length);
        var policy = await world.Catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        Assert.Equal(("plain policy secret", "plain policy token"), (policy.SecretKey, policy.Settings.Token));
        var node = (await world.Catalog.GetNodeAsync(Node.MasterId)).Settings;
        Assert.Equal(("plain aria2 token", "plain password"), (node.Aria2!.Token, node.Qbittorrent!.Password));
    }

    private static async Task AssertSealedAsync(IdentityWorld world, string keyId)
    {
        var site = await world.Settings.GetAsync();
        var texts = await ReadTextsAsync(world);
        string[] secrets =
        [
            "plain", site.Get(SiteSetting.SecretKey), site.Get(SiteSetting.HashIdSalt), "active_from",
        ];
        foreach (var secret in secrets)
            Assert.DoesNotContain(texts, text => text.Contains(secret, StringComparison.Ordinal));
        var row = await world.Layout.Site.FindAsync("setting", SiteSetting.SecretKey.Key);
        Assert.Equal(keyId, row!.Text("value_sealed_by"));
    }

    private static async Task<List<string>> ReadTextsAsync(IdentityWorld world)
    {
        var texts = new List<string>();
        foreach (var partition in (string[])["setting", "policy", "node"])
        {
            await foreach (var row in world.Layout.Site.QueryAsync(new RowRange(partition)))
                texts.AddRange(row.Names.Select(name => row[name]).OfType<string>());
        }
        return texts;
    }

    private IdentityWorld NewProcess(string? keys, string? prefix = null, Func<StorageCall, StorageFault>? faults = null) =>
        new(new StorageLayout(azurite.Connect(faults), prefix ?? _prefix), sealing: SealingKeys.Parse(keys));

    private async Task<IdentityWorld> StartAsync(string? keys, string? prefix = null)
    {
        var world = NewProcess(keys, prefix);
        await world.Bootstrap.EnsureAsync();
        return world;
    }
}
