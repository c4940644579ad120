using Cloudreve.Core.Content.FullText.Extraction;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Content.FullText;

public sealed class TextExtractionTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Given_documents_that_never_end_when_others_wait_then_they_get_the_places()
    {
        using var extraction = new TextExtraction(_clock);
        var end = new TaskCompletionSource();
        var endless = new[] { RunAsync(extraction, end.Task), RunAsync(extraction, end.Task) };
        var waiting = RunAsync(extraction, Task.CompletedTask);
        Assert.False(waiting.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(71));

        foreach (var document in endless)
            await Assert.ThrowsAsync<UnreadableDocumentException>(() => document);
        Assert.Equal("text", await waiting);
        end.SetResult();
    }

    [Fact]
    public async Task Given_four_documents_that_never_end_when_another_comes_then_none_is_read_until_one_of_them_ends()
    {
        using var extraction = new TextExtraction(_clock);
        var ends = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        for (var round = 0; round < 2; round++)
        {
            var endless = new[] { RunAsync(extraction, ends[round].Task), RunAsync(extraction, ends[round].Task) };
            _clock.Advance(TimeSpan.FromSeconds(71));
            foreach (var document in endless)
                await Assert.ThrowsAsync<UnreadableDocumentException>(() => document);
        }

        var refused = await RefuseAsync(extraction);
        ends[0].SetResult();

        Assert.Equal("Earlier documents never ended; no more are read until they do or the process is restarted.", refused.Message);
        string? text = null;
        for (var tries = 0; text is null && tries < 1000; tries++)
        {
            try
            {
                text = await RunAsync(extraction, Task.CompletedTask);
            }
            catch (TimeoutException)
            {
                await Task.Delay(10);
            }
        }
        Assert.Equal("text", text);
        ends[1].SetResult();
    }

    [Fact]
    public async Task Given_documents_that_wait_when_the_fourth_never_ends_then_they_are_not_read_either()
    {
        using var extraction = new TextExtraction(_clock);
        var end = new TaskCompletionSource();
        var endless = new List<Task<string>> { RunAsync(extraction, end.Task), RunAsync(extraction, end.Task) };
        _clock.Advance(TimeSpan.FromSeconds(71));
        foreach (var document in endless)
            await Assert.ThrowsAsync<UnreadableDocumentException>(() => document);
        var last = new[] { RunAsync(extraction, end.Task), RunAsync(extraction, end.Task) };
        var isRead = false;
        var waiting = Enumerable.Range(0, 2).Select(_ => extraction.RunAsync(
            _ =>
            {
                isRead = true;
                return Task.FromResult(Array.Empty<byte>());
            },
            (_, _) => end.Task,
            CancellationToken.None)).ToList();

        _clock.Advance(TimeSpan.FromSeconds(71));

        foreach (var document in last)
            await Assert.ThrowsAsync<UnreadableDocumentException>(() => document);
        foreach (var document in waiting)
        {
            var refused = await Assert.ThrowsAsync<TimeoutException>(() => document);
            Assert.Equal("Earlier documents never ended; no more are read until they do or the process is restarted.", refused.Message);
        }
        Assert.False(isRead);
        end.SetResult();
    }

    [Fact]
    public async Task Given_documents_that_are_slow_to_load_when_another_comes_then_it_waits_two_minutes_and_no_longer()
    {
        using var extraction = new TextExtraction(_clock);
        var load = new TaskCompletionSource<byte[]>();
        var slow = new[] { LoadAsync(extraction, load.Task), LoadAsync(extraction, load.Task) };
        var waiting = RunAsync(extraction, Task.CompletedTask);

        _clock.Advance(TimeSpan.FromSeconds(121));

        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        load.SetResult([]);
        foreach (var document in slow)
            await Assert.ThrowsAsync<UnreadableDocumentException>(() => document);
    }

    /// <summary>A place that was given back and a parser that is counted come one behind the other, so the first tries may still be let in.</summary>
    private static async Task<TimeoutException> RefuseAsync(TextExtraction extraction)
    {
        for (var tries = 0; tries < 1000; tries++)
        {
            try
            {
                await RunAsync(extraction, Task.CompletedTask);
                await Task.Delay(10);
            }
            catch (TimeoutException e)
            {
                return e;
            }
        }
        throw new InvalidOperationException("No document was refused.");
    }

    private static Task<string> LoadAsync(TextExtraction extraction, Task<byte[]> load) => extraction.RunAsync(
        _ => load,
        (_, text) =>
        {
            text.Add("text");
            return Task.CompletedTask;
        },
        CancellationToken.None);

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
