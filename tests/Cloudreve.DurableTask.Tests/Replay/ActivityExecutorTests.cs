using System.Text.Json;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Replay;

public sealed class ActivityExecutorTests
{
    private static Task<string> ExecuteAsync(DurableTaskRegistry registry, string name, string? input, CancellationToken cancellation = default) =>
        new ActivityExecutor(registry, new NoServices()).ExecuteAsync(name, "instance", input, cancellation);

    [Fact]
    public async Task Given_a_record_when_it_is_returned_then_no_digit_or_offset_is_lost()
    {
        var registry = RegistryExtensions.NewRegistry().Activity<Order, Order>("same", o => o);
        const string json = """{"Item":"\u00FC","Price":1.10,"At":"2026-01-01T00:00:00+02:00"}""";

        Assert.Equal($$"""{"result":{{json}}}""", await ExecuteAsync(registry, "same", json));
    }

    [Fact]
    public async Task Given_code_that_throws_when_it_runs_then_type_message_and_stack_are_answered()
    {
        var registry = RegistryExtensions.NewRegistry().Activity<string, string>("bad", _ => throw new InvalidDataException("broken", new FormatException("inner")));

        using var answer = JsonDocument.Parse(await ExecuteAsync(registry, "bad", null));

        var failure = answer.RootElement.GetProperty("failure");
        Assert.Equal("System.IO.InvalidDataException", failure.GetProperty("type").GetString());
        Assert.Equal("broken", failure.GetProperty("message").GetString());
        Assert.Contains(nameof(Given_code_that_throws_when_it_runs_then_type_message_and_stack_are_answered), failure.GetProperty("stack").GetString(), StringComparison.Ordinal);
        Assert.Equal("System.FormatException", failure.GetProperty("inner").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Given_an_unknown_name_when_it_is_called_then_a_failure_is_answered()
    {
        using var answer = JsonDocument.Parse(await ExecuteAsync(RegistryExtensions.NewRegistry(), "nobody", null));

        Assert.True(answer.RootElement.TryGetProperty("failure", out _));
    }

    [Fact]
    public async Task Given_a_stopping_process_when_an_activity_is_cancelled_then_nothing_is_answered()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var registry = RegistryExtensions.NewRegistry();
        registry.AddActivity("slow", () => new Activity<string, string>((c, _) => Task.FromCanceled<string>(c.CancellationToken)));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ExecuteAsync(registry, "slow", null, stop.Token));
    }
}
