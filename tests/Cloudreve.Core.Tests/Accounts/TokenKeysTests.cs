using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class TokenKeysTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_new_site_when_keys_are_changed_then_old_tokens_hold_and_new_ones_name_the_new_key()
    {
        var (world, user) = await StartAsync();
        var old = await world.Tokens.IssueAsync(user);

        await world.Keys.RotateAsync();
        world.Clock.Advance(TokenKeyRing.ActivationDelay);
        var next = await world.Tokens.RefreshAsync(old.RefreshToken);

        Assert.NotEqual(new JsonWebToken(old.AccessToken).Kid, new JsonWebToken(next.AccessToken).Kid);
        Assert.Equal(user.Id, (await world.Tokens.ReadAccessAsync(old.AccessToken))?.UserId);
        Assert.Equal(user.Id, (await world.Tokens.ReadAccessAsync(next.AccessToken))?.UserId);
    }

    [Fact]
    public async Task Given_changed_keys_when_they_are_younger_than_the_delay_then_the_old_one_still_signs()
    {
        var (world, user) = await StartAsync();
        await world.Keys.RotateAsync();

        world.Clock.Advance(TokenKeyRing.ActivationDelay - TimeSpan.FromSeconds(1));

        Assert.Equal(SettingKeyStore.FirstId, new JsonWebToken((await world.Tokens.IssueAsync(user)).AccessToken).Kid);
    }

    [Fact]
    public async Task Given_another_instance_when_keys_are_changed_then_it_knows_the_new_key_before_that_signs()
    {
        var installation = await Installation.CreateAsync(azurite);
        var first = new IdentityWorld(installation.Connect());
        await first.Bootstrap.EnsureAsync();
        var user = await first.CreateUserAsync("a@example.com");
        var second = new IdentityWorld(installation.Connect(), first.Clock);
        Assert.NotNull(await second.Tokens.ReadAccessAsync((await first.Tokens.IssueAsync(user)).AccessToken));

        await first.Keys.RotateAsync();
        first.Clock.Advance(TokenKeyRing.ActivationDelay);

        Assert.NotNull(await second.Tokens.ReadAccessAsync((await first.Tokens.IssueAsync(user)).AccessToken));
    }

    [Fact]
    public async Task Given_changed_keys_when_the_longest_token_has_expired_then_the_old_key_is_dropped()
    {
        var (world, _) = await StartAsync();
        await world.Keys.RotateAsync();
        var first = (await world.Keys.GetAsync(default)).Keys[0];
        world.Clock.Advance(TokenKeyRing.ActivationDelay + TokenKeyRing.LongestToken + TokenKeyRing.LongestOutage);
        Assert.Null((await world.Keys.GetAsync(default)).Find(first.Id, world.Clock.GetUtcNow()));

        await world.Keys.RotateAsync();

        Assert.DoesNotContain((await world.Keys.GetAsync(default)).Keys, key => key.Id == first.Id);
    }

    [Fact]
    public async Task Given_the_daily_run_when_a_key_has_signed_for_its_time_then_and_only_then_another_is_added()
    {
        var (world, _) = await StartAsync();

        Assert.True(await world.Keys.MaintainAsync());
        Assert.False(await world.Keys.MaintainAsync());
        world.Clock.Advance(TokenSetting.KeyLifetime.Default);
        Assert.False(await world.Keys.MaintainAsync());
        world.Clock.Advance(TokenKeyRing.ActivationDelay);
        Assert.True(await world.Keys.MaintainAsync());
        Assert.Equal(3, (await world.Keys.GetAsync(default)).Keys.Count);
    }

    [Fact]
    public async Task Given_two_instances_when_both_change_keys_at_once_then_both_know_both_keys()
    {
        var installation = await Installation.CreateAsync(azurite);
        var first = new IdentityWorld(installation.Connect());
        await first.Bootstrap.EnsureAsync();
        var user = await first.CreateUserAsync("a@example.com");
        var second = new IdentityWorld(installation.Connect(), first.Clock);
        await Task.WhenAll(first.Tokens.IssueAsync(user), second.Tokens.IssueAsync(user));

        await Task.WhenAll(first.Keys.RotateAsync(), second.Keys.RotateAsync());
        first.Clock.Advance(TokenKeyRing.ActivationDelay);

        foreach (var (issuer, reader) in new[] { (first, second), (second, first) })
            Assert.NotNull(await reader.Tokens.ReadAccessAsync((await issuer.Tokens.IssueAsync(user)).AccessToken));
        Assert.Equal(3, (await first.Keys.GetAsync(default)).Keys.Count);
        Assert.Equal((await first.Keys.GetAsync(default)).Keys, (await second.Keys.GetAsync(default)).Keys);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_call_when_keys_are_changed_then_each_try_adds_one_key_at_most(StorageFault fault)
    {
        for (var index = 0; ; index++)
        {
            var installation = await Installation.CreateAsync(azurite);
            var world = new IdentityWorld(installation.Connect());
            await world.Bootstrap.EnsureAsync();
            var (layout, crash) = installation.ConnectWithCrash(index, fault);
            var faulty = new IdentityWorld(layout, world.Clock);
            crash.IsArmed = true;
            await Record.ExceptionAsync(() => faulty.Keys.RotateAsync());

            var keys = (await new IdentityWorld(installation.Connect(), world.Clock).Keys.GetAsync(default)).Keys;
            Assert.Equal(SettingKeyStore.FirstId, keys[0].Id);
            Assert.InRange(keys.Count, fault == StorageFault.AnswerLost || !crash.Struck ? 2 : 1, 2);
            if (!crash.Struck)
                break;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another")]
    public async Task Given_a_token_of_the_right_key_when_it_names_no_key_or_another_then_it_says_nothing(string? id)
    {
        var (world, user) = await StartAsync();
        var site = await world.Settings.GetAsync();
        var key = new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey))) { KeyId = id };
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["token_type"] = "access", ["sub"] = site.HashIds.Encode(user.Id, HashIdKind.User) },
            NotBefore = world.Clock.GetUtcNow().UtcDateTime,
            Expires = world.Clock.GetUtcNow().UtcDateTime.AddHours(1),
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256),
        });

        Assert.Null(await world.Tokens.ReadAccessAsync(token));
    }

    [Fact]
    public async Task Given_keys_in_the_settings_when_the_settings_are_listed_then_the_keys_count_as_secret()
    {
        var (world, _) = await StartAsync();
        await world.Keys.RotateAsync();

        Assert.True(TokenSetting.Keys.IsSecret);
        Assert.Contains(TokenSetting.Keys, SiteSetting.All);
    }

    private async Task<(IdentityWorld World, User User)> StartAsync()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        return (world, await world.CreateUserAsync("a@example.com"));
    }
}
