using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.OAuth;

/// <summary>Tests that a fault at any storage call of grants to applications leaves a state that another try can continue from.</summary>
public sealed class OAuthCrashTests(AzuriteServer azurite)
{
    private const string Secret = "a secret";
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    private static readonly string[] s_scopes = ["openid", "offline_access", "Files.Read"];

    private readonly FaultMatrix _matrix = new(azurite);

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public async Task Given_a_fault_at_any_call_of_a_consent_when_given_again_then_one_grant_and_a_working_code(StorageFault fault)
    {
        string? code = null;
        await _matrix.RunAsync(
            fault, UserAsync,
            async (process, user) =>
            {
                code = null;
                code = await ConsentAsync(process, user, s_scopes);
            },
            async (world, user, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                code ??= await ConsentAsync(world, user, s_scopes);
                Assert.Equal(s_scopes.Order(), Assert.Single(await world.Grants.ListAsync(user.Id)).Scopes.Order());
                Assert.True((await ExchangeAsync(world, code)).MayRefresh);
            });
    }

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_a_wider_consent_when_given_again_then_the_grant_has_it_all(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            async (world, index) =>
            {
                var user = await UserAsync(world, index);
                await ConsentAsync(world, user, ["openid", "profile"]);
                return user;
            },
            (process, user) => ConsentAsync(process, user, s_scopes),
            async (world, user, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                var granted = Assert.Single(await world.Grants.ListAsync(user.Id)).Scopes;
                Assert.Subset(new HashSet<string>([.. s_scopes, "profile"]), granted.ToHashSet());
                Assert.Contains("profile", granted);
                if (error is not null)
                    await ConsentAsync(world, user, s_scopes);
                Assert.Equal(
                    s_scopes.Append("profile").Order(), Assert.Single(await world.Grants.ListAsync(user.Id)).Scopes.Order());
            });

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public async Task Given_a_fault_at_any_call_of_an_exchange_when_the_code_is_reused_then_it_worked_once(StorageFault fault)
    {
        var successes = 0;
        await _matrix.RunAsync(
            fault,
            async (world, index) =>
            {
                successes = 0;
                var user = await UserAsync(world, index);
                return (User: user, Code: await ConsentAsync(world, user, s_scopes));
            },
            async (process, prepared) =>
            {
                await ExchangeAsync(process, prepared.Code);
                successes++;
            },
            async (world, prepared, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                for (var i = 0; i < 2; i++)
                {
                    if (await Record.ExceptionAsync(() => ExchangeAsync(world, prepared.Code)) is not { } refused)
                        successes++;
                    else
                        Assert.Equal("invalid_grant", Assert.IsType<OAuthException>(refused).Error);
                }
                Assert.InRange(successes, error is null ? 1 : 0, 1);
                await ExchangeAsync(world, await ConsentAsync(world, prepared.User, s_scopes));
            });
    }

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_a_withdrawal_when_retried_then_the_application_has_nothing(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            async (world, index) =>
            {
                var user = await UserAsync(world, index);
                return (User: user, Tokens: await ExchangeAsync(world, await ConsentAsync(world, user, s_scopes)));
            },
            async (process, prepared) => Assert.True(await process.Grants.WithdrawAsync(prepared.User.Id, ClientOf(0).ClientId)),
            async (world, prepared, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                if (error is not null)
                    await world.Grants.WithdrawAsync(prepared.User.Id, ClientOf(0).ClientId);
                Assert.Empty(await world.Grants.ListAsync(prepared.User.Id));
                Assert.NotNull(await Record.ExceptionAsync(() => world.Tokens.RefreshAsync(prepared.Tokens.Tokens.RefreshToken)));
                await ExchangeAsync(world, await ConsentAsync(world, prepared.User, s_scopes));
            });

    private static OAuthClient ClientOf(int number) => new()
    {
        Id = 10 + number,
        ClientId = new Guid(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]),
        Name = "An application",
        SecretHash = OAuthClient.Hash(Secret),
        RedirectUris = ["https://app.example/back"],
        Scopes = [.. s_scopes, "profile"],
        RefreshLifetime = TimeSpan.FromHours(2),
    };

    private static OAuthCodes CodesOf(IdentityWorld world) =>
        new(world.Layout, world.Clients, world.Grants, world.Tokens, world.Clock);

    private static async Task<User> UserAsync(IdentityWorld world, int index)
    {
        await world.Clients.SaveAsync(ClientOf(0));
        return await world.CreateUserAsync($"jane{index}@example.com");
    }

    private static Task<string> ConsentAsync(IdentityWorld world, User user, IEnumerable<string> scopes)
    {
        var client = ClientOf(0);
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
        return CodesOf(world).GrantAsync(user, session: null, new OAuthConsent(client, client.RedirectUris[0], scopes.ToHashSet(), challenge));
    }

    private static Task<OAuthTokens> ExchangeAsync(IdentityWorld world, string code) =>
        CodesOf(world).ExchangeAsync(new OAuthExchange(ClientOf(0).ClientId.ToString("D"), Secret, code, Verifier, null));
}
