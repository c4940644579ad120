using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

public sealed class BatchTests
{
    [Fact]
    public async Task Given_a_batch_that_takes_too_long_when_its_time_is_up_then_what_was_done_stays_done()
    {
        var clock = new FakeTimeProvider();
        var batch = new Batch(new DefaultHttpContext(), clock);
        var done = new List<string>();

        await batch.RunLanesAsync(
            [["a", "b", "c"]],
            (key, _) =>
            {
                done.Add(key);
                clock.Advance(TimeSpan.FromSeconds(40));
                return Task.CompletedTask;
            },
            CancellationToken.None);

        Assert.Equal(["a", "b"], done);
        var failure = Assert.Single(batch.Answer().AggregatedError!);
        Assert.Equal(("c", (int)ErrorCode.Conflict), (failure.Key, failure.Value.Code));
    }

    [Fact]
    public async Task Given_an_item_that_goes_with_another_when_that_one_fails_then_it_fails_as_well()
    {
        var batch = new Batch(new DefaultHttpContext(), new FakeTimeProvider());
        await batch.RunAsync(["leader", "own"], (key, _) => throw new CloudreveException(key == "own" ? ErrorCode.PathNotFound : ErrorCode.ObjectExists, key), CancellationToken.None);

        batch.Follow("follower", "leader");
        batch.Follow("own", "leader");
        batch.Follow("lucky", "winner");

        var failures = batch.Answer().AggregatedError!;
        Assert.Equal((int)ErrorCode.ObjectExists, failures["follower"].Code);
        Assert.Equal((int)ErrorCode.PathNotFound, failures["own"].Code);
        Assert.False(failures.ContainsKey("lucky"));
    }
}
