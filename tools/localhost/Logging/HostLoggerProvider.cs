using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Logging;

/// <summary>Writes log lines in the host's form: <c>[2026-11-28T20:00:00.123Z] text</c>.</summary>
internal sealed class HostLoggerProvider(Action<string> write, TimeProvider clock) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new HostLogger(write, clock);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class HostLogger(Action<string> write, TimeProvider clock) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception) + (exception is null ? "" : Environment.NewLine + exception);
            if (text.Length == 0)
                return;
            var time = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            write($"[{time}] {text}");
        }
    }
}
