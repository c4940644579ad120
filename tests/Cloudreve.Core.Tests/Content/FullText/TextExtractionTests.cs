using Cloudreve.Core.Content.FullText.Extraction;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Content.FullText;

public sealed class TextExtractionTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Given_documents_that_never_end_when_another_comes_then_it_waits_two_minutes_and_no_longer()
    {
        using var extraction = new TextExtraction(_clock);
        var end = new TaskCompletionSource();
        var endless = new[] { RunAsync(extraction, end.Task), RunAsync(extraction, end.Task) };
        var waiting = RunAsync(extraction, Task.CompletedTask);

        _clock.Advance(TimeSpan.FromSeconds(71));
        foreach (var document in endless)
            await Assert.ThrowsAsync<UnreadableDocumentException>(() => document);
        Assert.False(waiting.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(50));

        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        end.SetResult();
        Assert.Equal("text", await RunAsync(extraction, Task.CompletedTask));
    }

    [Fact]
    public async Task Given_no_place_when_the_caller_leaves_then_that_is_no_timeout()
    {
        using var extraction = new TextExtraction(_clock);
        using var leaving = new CancellationTokenSource();
        var end = new TaskCompletionSource();
        var endless = new[] { RunAsync(extraction, end.Task), RunAsync(extraction, end.Task) };
        var waiting = RunAsync(extraction, Task.CompletedTask, leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        end.SetResult();
        await Task.WhenAll(endless);
    }

    private static Task<string> RunAsync(TextExtraction extraction, Task end, CancellationToken cancellationToken = default) => extraction.RunAsync(
        _ => Task.FromResult(Array.Empty<byte>()),
        async (_, text) =>
        {
            await end;
            text.Add("text");
        },
        cancellationToken);
}
