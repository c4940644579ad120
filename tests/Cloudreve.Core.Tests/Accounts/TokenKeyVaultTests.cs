using System.Net;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Vaults;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class TokenKeyVaultTests(AzuriteServer azurite) : IAsyncDisposable
{
    private readonly KeyVaultServer _vault = new();

    public ValueTask DisposeAsync() => _vault.DisposeAsync();

    [Fact]
    public async Task Given_a_new_site_when_tokens_are_made_and_read_then_the_vault_is_asked_once()
    {
        var (world, _, user) = await StartAsync();

        var tokens = await world.Tokens.IssueAsync(user);
        Assert.Equal(user.Id, (await world.Tokens.ReadAccessAsync(tokens.AccessToken))?.UserId);

        // The first key is brought, and what the vault then holds is read.
        Assert.Equal(["401", "list", "set", "list", "get"], _vault.Secrets.TakeRequests());
        Assert.NotNull(await world.Tokens.RefreshAsync(tokens.RefreshToken));
        Assert.Empty(_vault.Secrets.TakeRequests());
    }

    [Fact]
    public async Task Given_keys_that_are_known_when_they_are_old_then_one_request_reads_them_again()
    {
        var (world, _, user) = await StartAsync();
        await world.Tokens.IssueAsync(user);
        _vault.Secrets.TakeRequests();

        world.Clock.Advance(VaultKeyStore.MaxAge);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => world.Tokens.IssueAsync(user)));

        Assert.Equal(["list"], _vault.Secrets.TakeRequests());
        Assert.True(VaultKeyStore.MaxAge * 2 <= TokenKeyRing.ActivationDelay);
    }

    [Fact]
    public async Task Given_changed_keys_when_the_delay_is_over_then_the_new_one_signs_and_instances_know_both()
    {
        var (first, installation, user) = await StartAsync();
        var second = Another(first, installation);
        var old = await first.Tokens.IssueAsync(user);
        Assert.NotNull(await second.Tokens.ReadAccessAsync(old.AccessToken));

        await first.Keys.RotateAsync();
        Assert.Equal(KeyOf(old), KeyOf(await first.Tokens.IssueAsync(user)));
        first.Clock.Advance(TokenKeyRing.ActivationDelay);
        var next = await first.Tokens.IssueAsync(user);

        Assert.NotEqual(KeyOf(old), KeyOf(next));
        Assert.NotNull(await second.Tokens.ReadAccessAsync(next.AccessToken));
        Assert.NotNull(await second.Tokens.ReadAccessAsync(old.AccessToken));
    }

    [Fact]
    public async Task Given_two_instances_when_both_change_keys_at_once_then_both_know_both_keys()
    {
        var (first, installation, user) = await StartAsync();
        var second = Another(first, installation);
        await Task.WhenAll(first.Tokens.IssueAsync(user), second.Tokens.IssueAsync(user));

        await Task.WhenAll(first.Keys.RotateAsync(), second.Keys.RotateAsync());
        first.Clock.Advance(TokenKeyRing.ActivationDelay);

        foreach (var (issuer, reader) in new[] { (first, second), (second, first) })
            Assert.NotNull(await reader.Tokens.ReadAccessAsync((await issuer.Tokens.IssueAsync(user)).AccessToken));
        Assert.Equal(3, (await first.Keys.GetAsync(default)).Keys.Count);
        Assert.Equal((await first.Keys.GetAsync(default)).Keys, (await second.Keys.GetAsync(default)).Keys);
    }

    [Fact]
    public async Task Given_a_vault_whose_answer_is_lost_when_keys_are_changed_then_the_key_is_one()
    {
        var (world, _, user) = await StartAsync();
        await world.Tokens.IssueAsync(user);
        var losses = 1;
        _vault.Secrets.LoseAnswer = kind => kind == "set" && losses-- > 0;

        await world.Keys.RotateAsync();

        Assert.Equal(3, _vault.Secrets.Versions.Count);
        Assert.Equal(2, (await world.Keys.GetAsync(default)).Keys.Count);
    }

    [Fact]
    public async Task Given_keys_in_the_settings_when_the_site_moves_to_a_vault_then_everybody_stays_signed_in()
    {
        var installation = await Installation.CreateAsync(azurite);
        var before = new IdentityWorld(installation.Connect());
        await before.Bootstrap.EnsureAsync();
        var user = await before.CreateUserAsync("a@example.com");
        var first = await before.Tokens.IssueAsync(user);
        await before.Keys.RotateAsync();
        before.Clock.Advance(TokenKeyRing.ActivationDelay);
        var second = await before.Tokens.IssueAsync(user);

        var after = Another(before, installation);
        foreach (var tokens in new[] { first, second })
            Assert.NotNull(await after.Tokens.RefreshAsync(tokens.RefreshToken));
        Assert.Equal(KeyOf(second), KeyOf(await after.Tokens.IssueAsync(user)));
        Assert.NotEqual(SettingKeyStore.Moved, (await after.Settings.GetAsync()).Get(TokenSetting.Keys));

        await after.Keys.MaintainAsync();

        Assert.Equal(SettingKeyStore.Moved, (await after.Settings.GetAsync()).Get(TokenSetting.Keys));
        var restarted = Another(before, installation);
        foreach (var tokens in new[] { first, second })
            Assert.NotNull(await restarted.Tokens.RefreshAsync(tokens.RefreshToken));
    }

    [Fact]
    public async Task Given_two_instances_when_both_move_the_keys_at_once_then_they_sign_with_the_same_key()
    {
        var (first, installation, user) = await StartAsync();
        var second = Another(first, installation);

        var tokens = await Task.WhenAll(first.Tokens.IssueAsync(user), second.Tokens.IssueAsync(user));

        Assert.NotNull(await first.Tokens.ReadAccessAsync(tokens[1].AccessToken));
        Assert.NotNull(await second.Tokens.ReadAccessAsync(tokens[0].AccessToken));
        Assert.Single((await first.Keys.GetAsync(default)).Keys);
    }

    [Fact]
    public async Task Given_an_instance_without_the_vault_when_it_adds_a_key_then_the_vault_gets_it_first()
    {
        var (moved, installation, user) = await StartAsync();
        var late = new IdentityWorld(installation.Connect(), moved.Clock);
        await moved.Tokens.IssueAsync(user);

        await late.Keys.RotateAsync();
        moved.Clock.Advance(TokenKeyRing.ActivationDelay);
        var tokens = await late.Tokens.IssueAsync(user);

        Assert.NotEqual(SettingKeyStore.FirstId, KeyOf(tokens));
        Assert.NotNull(await moved.Tokens.ReadAccessAsync(tokens.AccessToken));
    }

    [Fact]
    public async Task Given_keys_that_have_moved_when_an_instance_does_not_know_the_vault_then_it_signs_nothing()
    {
        var (world, installation, user) = await StartAsync();
        await world.Keys.MaintainAsync();
        var astray = new IdentityWorld(installation.Connect(), world.Clock);

        await FailsAsync(() => astray.Tokens.IssueAsync(user));
        await FailsAsync(() => astray.Keys.RotateAsync());
    }

    [Fact]
    public async Task Given_keys_that_have_moved_when_the_vault_has_lost_them_then_no_other_key_signs()
    {
        var (world, installation, user) = await StartAsync();
        await world.Keys.MaintainAsync();
        _vault.Secrets.Delete(VaultKeys.SecretName);

        await FailsAsync(() => Another(world, installation).Tokens.IssueAsync(user));
        Assert.Empty(_vault.Secrets.Versions);
    }

    [Fact]
    public async Task Given_an_outage_when_keys_are_known_then_they_hold_for_a_day_and_the_vault_is_rarely_tried()
    {
        var (world, _, user) = await StartAsync();
        var tokens = await world.Tokens.IssueAsync(user);
        _vault.Secrets.Fail = _ => HttpStatusCode.ServiceUnavailable;

        world.Clock.Advance(VaultKeyStore.MaxAge);
        _vault.Secrets.TakeRequests();
        Assert.NotNull(await world.Tokens.ReadAccessAsync(tokens.AccessToken));
        Assert.NotNull(await world.Tokens.RefreshAsync(tokens.RefreshToken));
        Assert.Equal(["list", "list", "list"], _vault.Secrets.TakeRequests());
        world.Clock.Advance(VaultKeyStore.Pause);
        Assert.NotNull(await world.Tokens.RefreshAsync(tokens.RefreshToken));
        Assert.Equal(["list", "list", "list"], _vault.Secrets.TakeRequests());

        world.Clock.Advance(TokenKeyRing.LongestOutage - VaultKeyStore.MaxAge - VaultKeyStore.Pause - TimeSpan.FromSeconds(1));
        Assert.NotNull(await world.Tokens.RefreshAsync(tokens.RefreshToken));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(() => world.Tokens.RefreshAsync(tokens.RefreshToken));
        _vault.Secrets.Fail = _ => null;
        world.Clock.Advance(VaultKeyStore.ColdPause);
        Assert.NotNull(await world.Tokens.RefreshAsync(tokens.RefreshToken));
    }

    [Fact]
    public async Task Given_an_outage_when_no_key_is_known_then_it_is_said_and_the_vault_is_rarely_read()
    {
        var (world, _, user) = await StartAsync();
        _vault.Secrets.Fail = _ => HttpStatusCode.ServiceUnavailable;

        foreach (var _ in Enumerable.Range(0, 5))
            await FailsAsync(() => world.Tokens.IssueAsync(user));

        Assert.Equal(["401", "list", "list", "list"], _vault.Secrets.TakeRequests());
    }

    [Fact]
    public async Task Given_an_identity_that_gets_no_token_when_keys_are_read_then_that_is_an_outage()
    {
        var installation = await Installation.CreateAsync(azurite);
        var vault = new AzureStorage.Secrets.VaultSecret(
            _vault.OptionsWith(new Azure.Identity.ChainedTokenCredential(new Azure.Identity.EnvironmentCredential())), VaultKeys.SecretName);
        var world = new IdentityWorld(installation.Connect(), vault: vault);
        await world.Bootstrap.EnsureAsync();
        var user = await world.CreateUserAsync("a@example.com");

        await FailsAsync(() => world.Tokens.IssueAsync(user));
    }

    [Fact]
    public async Task Given_tokens_that_name_unknown_keys_when_read_then_the_vault_is_asked_once_a_minute()
    {
        var (world, _, user) = await StartAsync();
        await world.Tokens.IssueAsync(user);
        _vault.Secrets.TakeRequests();
        world.Clock.Advance(VaultKeyStore.Pause);

        foreach (var id in Enumerable.Range(0, 20))
            Assert.Null(await world.Tokens.ReadAccessAsync(Forge($"forged-{id}", world)));

        Assert.Equal(["list"], _vault.Secrets.TakeRequests());
    }

    [Fact]
    public async Task Given_a_key_that_was_added_when_a_token_names_it_then_it_is_known_before_the_keys_are_old()
    {
        var (world, _, user) = await StartAsync();
        await world.Tokens.IssueAsync(user);
        world.Clock.Advance(VaultKeyStore.Pause);
        var key = TokenKey.Draw(world.Clock.GetUtcNow());
        await new VaultKeys(_vault.Open(VaultKeys.SecretName)).AddAsync(key, default);

        Assert.Null((await world.Keys.GetAsync(default)).Find(key.Id, world.Clock.GetUtcNow()));
        Assert.Null(await world.Tokens.ReadAccessAsync(Forge(key.Id, world)));

        Assert.NotNull((await world.Keys.GetAsync(default)).Find(key.Id, world.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task Given_a_long_outage_when_a_token_names_an_unknown_key_then_nobody_is_signed_out_for_it()
    {
        var (world, _, user) = await StartAsync();
        await world.Tokens.IssueAsync(user);
        _vault.Secrets.Fail = _ => HttpStatusCode.ServiceUnavailable;
        world.Clock.Advance(TokenKeyRing.ActivationDelay - TimeSpan.FromSeconds(1));
        Assert.Null(await world.Tokens.ReadAccessAsync(Forge("unknown", world)));

        world.Clock.Advance(TimeSpan.FromSeconds(1));

        await FailsAsync(() => world.Tokens.ReadAccessAsync(Forge("unknown", world)));
    }

    [Fact]
    public async Task Given_a_key_that_is_disabled_when_keys_are_read_again_then_it_verifies_nothing()
    {
        var (world, _, user) = await StartAsync();
        var old = await world.Tokens.IssueAsync(user);
        await world.Keys.RotateAsync();
        world.Clock.Advance(TokenKeyRing.ActivationDelay);
        var next = await world.Tokens.IssueAsync(user);

        _vault.Secrets.Versions[0].IsEnabled = false;
        world.Clock.Advance(VaultKeyStore.MaxAge);

        Assert.Null(await world.Tokens.ReadAccessAsync(old.AccessToken));
        Assert.NotNull(await world.Tokens.ReadAccessAsync(next.AccessToken));
    }

    [Fact]
    public async Task Given_keys_that_are_all_disabled_when_the_daily_run_comes_then_there_is_a_new_one()
    {
        var (world, _, user) = await StartAsync();
        var old = await world.Tokens.IssueAsync(user);
        _vault.Secrets.Versions[0].IsEnabled = false;
        world.Clock.Advance(VaultKeyStore.MaxAge);
        await FailsAsync(() => world.Tokens.IssueAsync(user));

        await world.Keys.MaintainAsync();

        Assert.NotEqual(KeyOf(old), KeyOf(await world.Tokens.IssueAsync(user)));
        Assert.Null(await world.Tokens.ReadAccessAsync(old.AccessToken));
    }

    [Fact]
    public async Task Given_many_versions_when_a_process_starts_then_it_reads_only_keys_that_still_verify()
    {
        var (world, installation, user) = await StartAsync();
        foreach (var _ in Enumerable.Range(0, 30))
        {
            await world.Keys.RotateAsync();
            world.Clock.Advance(TimeSpan.FromDays(90));
        }
        await world.Tokens.IssueAsync(user);
        _vault.Secrets.TakeRequests();

        await Another(world, installation).Tokens.IssueAsync(user);

        // Two pages of versions, and the keys of a little more than a year.
        Assert.Equal(["get", "get", "get", "get", "get", "list", "list"], _vault.Secrets.TakeRequests().Order());
    }

    private static string KeyOf(TokenPair tokens) => new JsonWebToken(tokens.AccessToken).Kid;

    private static string Forge(string keyId, IdentityWorld world) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Claims = new Dictionary<string, object> { ["token_type"] = "access", ["sub"] = "x" },
        NotBefore = world.Clock.GetUtcNow().UtcDateTime,
        Expires = world.Clock.GetUtcNow().UtcDateTime.AddHours(1),
        SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(new byte[64]) { KeyId = keyId }, SecurityAlgorithms.HmacSha256),
    });

    private static async Task FailsAsync(Func<Task> act) =>
        Assert.Equal(ErrorCode.DatabaseError, (await Assert.ThrowsAsync<CloudreveException>(act)).Code);

    private async Task<(IdentityWorld World, Installation Installation, User User)> StartAsync()
    {
        var installation = await Installation.CreateAsync(azurite);
        var world = new IdentityWorld(installation.Connect(), vault: _vault.Open(VaultKeys.SecretName));
        await world.Bootstrap.EnsureAsync();
        return (world, installation, await world.CreateUserAsync("a@example.com"));
    }

    private IdentityWorld Another(IdentityWorld world, Installation installation) =>
        new(installation.Connect(), world.Clock, vault: _vault.Open(VaultKeys.SecretName));
}
