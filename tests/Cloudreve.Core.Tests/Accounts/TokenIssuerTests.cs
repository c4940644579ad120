using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class TokenIssuerTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_pair_when_its_claims_are_read_then_they_are_documented_and_name_one_sign_in()
    {
        var world = await IdentityWorld.CreateAsync(azurite);

        var pair = await world.Tokens.IssueAsync(await world.CreateUserAsync("a@example.com"));

        var access = new JsonWebToken(pair.AccessToken);
        var refresh = new JsonWebToken(pair.RefreshToken);
        Assert.Equal("HS256", access.Alg);
        foreach (var token in (JsonWebToken[])[access, refresh])
            Assert.Equal(["exp", "nbf", "root_token_id", "state_hash", "sub", "token_type"], token.Claims.Select(claim => claim.Type).Order());
        Assert.Equal(pair.AccessExpires.UtcDateTime, access.ValidTo);
        Assert.Equal(pair.RefreshExpires.UtcDateTime, refresh.ValidTo);
    }

    [Fact]
    public async Task Given_an_access_token_when_its_time_is_up_then_it_says_nothing_more()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        var pair = await world.Tokens.IssueAsync(user);

        Assert.Equal(user.Id, (await world.Tokens.ReadAccessAsync(pair.AccessToken))?.UserId);
        world.Clock.SetUtcNow(pair.AccessExpires);
        Assert.Null(await world.Tokens.ReadAccessAsync(pair.AccessToken));
    }

    [Fact]
    public async Task Given_a_refresh_token_when_it_is_used_then_the_new_pair_has_the_same_root()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var pair = await world.Tokens.IssueAsync(await world.CreateUserAsync("a@example.com"));

        var next = await world.Tokens.RefreshAsync(pair.RefreshToken);

        Assert.Equal(RootOf(pair), RootOf(next));
    }

    [Theory]
    [InlineData("mail", "b@example.com")]
    [InlineData("password", "$argon2id$another")]
    [InlineData("status", 1)]
    [InlineData("status", 2)]
    public async Task Given_a_changed_address_password_or_state_when_older_tokens_refresh_then_they_are_refused(string property, object value)
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        var pair = await world.Tokens.IssueAsync(user);
        await world.Layout.Users.MergeAsync(new Row(UserRows.Partition(user.Id), UserRows.Account) { [property] = value }, "*");

        Assert.Equal(ErrorCode.CredentialInvalid, await RefusalAsync(() => world.Tokens.RefreshAsync(pair.RefreshToken)));
    }

    [Fact]
    public async Task Given_a_revoked_root_when_tokens_are_refreshed_then_only_those_of_other_roots_work()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        var (revoked, other) = (await world.Tokens.IssueAsync(user), await world.Tokens.IssueAsync(user));

        await world.Tokens.RevokeAsync(revoked.RefreshToken);

        Assert.Equal(ErrorCode.CredentialInvalid, await RefusalAsync(() => world.Tokens.RefreshAsync(revoked.RefreshToken)));
        await world.Tokens.RefreshAsync(other.RefreshToken);
    }

    [Theory]
    [InlineData(SecurityAlgorithms.HmacSha512, true)]
    [InlineData(SecurityAlgorithms.HmacSha256, false)]
    public async Task Given_a_token_of_another_algorithm_or_key_when_it_is_read_then_it_says_nothing(string algorithm, bool withOurKey)
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var site = await world.Settings.GetAsync();
        var secret = withOurKey ? site.Get(SiteSetting.SecretKey) : new string('x', 64);
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["token_type"] = "access", ["sub"] = site.HashIds.Encode(1, HashIdKind.User) },
            NotBefore = world.Clock.GetUtcNow().UtcDateTime,
            Expires = world.Clock.GetUtcNow().UtcDateTime.AddHours(1),
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(secret)) { KeyId = SettingKeyStore.FirstId }, algorithm),
        });

        Assert.Null(await world.Tokens.ReadAccessAsync(token));
    }

    [Fact]
    public async Task Given_warm_settings_when_a_token_is_issued_read_and_refreshed_then_only_refreshing_costs()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        await world.Settings.GetAsync();
        using var measured = world.Layout.Account.Transactions.Measure();

        var pair = await world.Tokens.IssueAsync(user);
        await world.Tokens.ReadAccessAsync(pair.AccessToken);
        Assert.Equal(0, measured.Total);
        await world.Tokens.RefreshAsync(pair.RefreshToken);
        Assert.Equal(2, measured.Total);
    }

    [Fact]
    public async Task Given_a_token_that_outlives_the_refresh_lifetime_when_revoked_then_it_stays_revoked()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        var pair = await world.Tokens.IssueAsync(user, new ClientScopes(OAuthClients.DesktopId, Scopes) { RefreshLifetime = TimeSpan.FromDays(10_000) });
        await world.Tokens.RevokeAsync(pair.RefreshToken);
        var sweep = new SessionSweep(world.Layout, world.Clock);

        world.Clock.SetUtcNow(pair.RefreshExpires);
        await sweep.RunAsync(100);

        Assert.Equal(1, await CountRevocationsAsync(world));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await sweep.RunAsync(100);
        Assert.Equal(0, await CountRevocationsAsync(world));
    }

    [Fact]
    public async Task Given_a_token_of_an_oauth_client_when_it_is_read_then_it_has_only_the_granted_scopes()
    {
        var (world, pair) = await IssueToClientAsync(Scopes);

        Assert.Equal(Scopes.Order(), (await world.Tokens.ReadAccessAsync(pair.AccessToken))!.Scopes!.Order());
    }

    [Fact]
    public async Task Given_a_token_without_any_scope_when_it_is_read_then_it_may_do_nothing()
    {
        var (world, pair) = await IssueToClientAsync(new HashSet<string>());

        Assert.Empty((await world.Tokens.ReadAccessAsync(pair.AccessToken))!.Scopes!);
    }

    [Fact]
    public async Task Given_an_oauth_refresh_token_when_refreshed_then_scopes_stay_and_it_costs_three_calls()
    {
        var (world, pair) = await IssueToClientAsync(Scopes);
        await world.Clients.ListAsync();
        using var measured = world.Layout.Account.Transactions.Measure();

        var next = await world.Tokens.RefreshAsync(pair.RefreshToken);

        Assert.Equal(3, measured.Total);
        Assert.Equal(Scopes.Order(), (await world.Tokens.ReadAccessAsync(next.AccessToken))!.Scopes!.Order());
        Assert.Equal(OAuthClients.DesktopId.ToString(), new JsonWebToken(next.RefreshToken).GetPayloadValue<string>("client_id"));
        Assert.Equal(TimeSpan.FromSeconds(7_776_000), next.RefreshExpires - world.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Given_a_grant_that_ended_or_narrowed_when_its_tokens_are_refreshed_then_they_are_refused()
    {
        var (world, pair) = await IssueToClientAsync(Scopes);
        await world.Grants.WithdrawAsync(world.UserId, OAuthClients.DesktopId);
        Assert.Equal(ErrorCode.CredentialInvalid, await RefusalAsync(() => world.Tokens.RefreshAsync(pair.RefreshToken)));

        await world.Grants.WidenAsync(world.UserId, OAuthClients.DesktopId, ["openid"]);
        Assert.Equal(ErrorCode.CredentialInvalid, await RefusalAsync(() => world.Tokens.RefreshAsync(pair.RefreshToken)));

        await world.Grants.WidenAsync(world.UserId, OAuthClients.DesktopId, Scopes);
        await world.Tokens.RefreshAsync(pair.RefreshToken);
        var desktop = (await world.Clients.FindEnabledAsync(OAuthClients.DesktopId))!;
        await world.Clients.SaveAsync(desktop with { IsEnabled = false });
        Assert.Equal(ErrorCode.CredentialInvalid, await RefusalAsync(() => world.Tokens.RefreshAsync(pair.RefreshToken)));
    }

    [Fact]
    public async Task Given_a_client_without_offline_access_when_it_refreshes_then_that_scope_is_missing()
    {
        var (world, pair) = await IssueToClientAsync(new HashSet<string> { "openid", "Files.Read" });

        Assert.Equal(ErrorCode.ScopeMissing, await RefusalAsync(() => world.Tokens.RefreshAsync(pair.RefreshToken)));
    }

    [Theory]
    [InlineData("\"scopes\":null,\"client_id\":\"CLIENT\"")]
    [InlineData("\"client_id\":\"CLIENT\"")]
    [InlineData("\"scopes\":[\"Files.Read\"],\"client_id\":\"x\"")]
    [InlineData("\"scopes\":[\"Files.Read\"],\"client_id\":7")]
    [InlineData("\"scopes\":[\"Files.Read\"]")]
    [InlineData("\"scopes\":[]")]
    [InlineData("\"scopes\":{}")]
    public async Task Given_a_token_whose_scopes_or_client_cannot_be_read_when_it_is_read_then_it_says_nothing(string claims)
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var site = await world.Settings.GetAsync();
        var user = await world.CreateUserAsync("a@example.com");
        var now = world.Clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = $"{{\"token_type\":\"access\",\"sub\":\"{site.HashIds.Encode(user.Id, HashIdKind.User)}\",\"nbf\":{now},\"exp\":{now + 3600},"
            + claims.Replace("CLIENT", OAuthClients.DesktopId.ToString(), StringComparison.Ordinal) + "}";
        var key = new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey))) { KeyId = SettingKeyStore.FirstId };

        Assert.Null(await world.Tokens.ReadAccessAsync(
            new JsonWebTokenHandler().CreateToken(payload, new SigningCredentials(key, SecurityAlgorithms.HmacSha256))));
    }

    private static readonly IReadOnlySet<string> Scopes = new HashSet<string> { "openid", "offline_access", "Files.Read" };

    private static async Task<int> CountRevocationsAsync(IdentityWorld world)
    {
        var count = 0;
        await foreach (var _ in world.Layout.Sessions.ScanAsync("RowKey eq 'revoked'"))
            count++;
        return count;
    }

    private async Task<(IdentityWorld World, TokenPair Pair)> IssueToClientAsync(IReadOnlySet<string> scopes)
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        world.UserId = user.Id;
        await world.Grants.WidenAsync(user.Id, OAuthClients.DesktopId, [.. scopes]);
        return (world, await world.Tokens.IssueAsync(user, new ClientScopes(OAuthClients.DesktopId, scopes)));
    }

    private static string RootOf(TokenPair pair) => new JsonWebToken(pair.RefreshToken).GetPayloadValue<string>("root_token_id");

    private static async Task<ErrorCode> RefusalAsync(Func<Task> action) => (await Assert.ThrowsAsync<CloudreveException>(action)).Code;
}
