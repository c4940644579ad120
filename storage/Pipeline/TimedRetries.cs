using System.Diagnostics;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>Retries as often as allowed, but not when the first try was too long ago: waiting callers get a response in time.</summary>
/// <param name="maxRetries">Maximum number of retries.</param>
/// <param name="delay">The first pause; it doubles with each.</param>
/// <param name="lastTry">The minimum time after the first try before another one.</param>
internal sealed class TimedRetries(int maxRetries, TimeSpan delay, TimeSpan lastTry)
    : RetryPolicy(maxRetries, DelayStrategy.CreateExponentialDelayStrategy(delay, TimeSpan.FromMinutes(1)))
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        message.SetProperty(typeof(TimedRetries), Stopwatch.GetTimestamp());
        base.Process(message, pipeline);
    }

    public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        message.SetProperty(typeof(TimedRetries), Stopwatch.GetTimestamp());
        return base.ProcessAsync(message, pipeline);
    }

    protected override bool ShouldRetry(HttpMessage message, Exception? exception) => IsInTime(message) && base.ShouldRetry(message, exception);

    protected override async ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
        IsInTime(message) && await base.ShouldRetryAsync(message, exception);

    private bool IsInTime(HttpMessage message) =>
        !message.TryGetProperty(typeof(TimedRetries), out var begun) || Stopwatch.GetElapsedTime((long)begun!) < lastTry;
}
