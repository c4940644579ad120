using System.Net;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.SignIns;

public sealed class GuessTurnsTests
{
    private static readonly ClientAddress s_attacker = ClientAddress.Of(IPAddress.Parse("198.51.100.7"));

    private readonly GuessTurns _turns = new();
    private readonly TaskCompletionSource _gate = new();

    [Fact]
    public async Task Given_a_client_that_guesses_a_secret_without_end_when_its_owner_comes_then_a_turn_is_left()
    {
        var guesses = Enumerable.Range(0, 300).Select(_ => RunAsync(s_attacker)).ToList();

        var owner = RunAsync(IdentityWorld.Home);
        _gate.SetResult();

        Assert.True(await owner);
        var outcomes = await Task.WhenAll(guesses);
        Assert.Equal(32, outcomes.Count(isServed => isServed));
    }

    [Fact]
    public async Task Given_guesses_that_have_ended_when_their_client_comes_again_then_it_has_its_turns_back()
    {
        _gate.SetResult();

        for (var i = 0; i < 100; i++)
            Assert.True(await RunAsync(s_attacker));
    }

    private async Task<bool> RunAsync(ClientAddress client)
    {
        try
        {
            return await _turns.RunAsync(
                "secret",
                client,
                async () =>
                {
                    await _gate.Task;
                    return true;
                },
                TestContext.Current.CancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.TooManyRequests)
        {
            return false;
        }
    }
}
