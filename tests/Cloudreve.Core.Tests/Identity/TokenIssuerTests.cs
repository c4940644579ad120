using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Testing.Azurite;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Cloudreve.Core.Tests.Identity;

public sealed class TokenIssuerTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_pair_when_its_claims_are_read_then_they_are_the_documented_ones()
    {
        var world = await IdentityWorld.CreateAsync(azurite);

        var pair = await world.Tokens.IssueAsync(await world.CreateUserAsync("a@example.com"));

        var access = new JsonWebToken(pair.AccessToken);
        var refresh = new JsonWebToken(pair.RefreshToken);
        Assert.Equal("HS256", access.Alg);
        Assert.Equal(["exp", "nbf", "sub", "token_type"], access.Claims.Select(claim => claim.Type).Order());
        Assert.Equal(["exp", "nbf", "root_token_id", "state_hash", "sub", "token_type"], refresh.Claims.Select(claim => claim.Type).Order());
        Assert.Equal(pair.AccessExpires.UtcDateTime, access.ValidTo);
        Assert.Equal(pair.RefreshExpires.UtcDateTime, refresh.ValidTo);
    }

    [Fact]
    public async Task Given_an_access_token_when_its_time_is_over_then_it_says_nothing_more()
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
    public async Task Given_a_change_of_address_password_or_state_when_an_older_token_is_refreshed_then_it_is_refused(string property, object value)
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
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(secret)), algorithm),
        });

        Assert.Null(await world.Tokens.ReadAccessAsync(token));
    }

    [Fact]
    public async Task Given_warm_settings_when_a_token_is_issued_read_and_refreshed_then_only_the_refresh_costs_transactions()
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

    private static string RootOf(TokenPair pair) => new JsonWebToken(pair.RefreshToken).GetPayloadValue<string>("root_token_id");

    private static async Task<ErrorCode> RefusalAsync(Func<Task> action) => (await Assert.ThrowsAsync<CloudreveException>(action)).Code;
}
