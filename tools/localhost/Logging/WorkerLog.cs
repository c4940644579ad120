using Cloudreve.LocalHost.Protocol;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Logging;

/// <summary>Passes on the worker's log, under the worker's own categories and levels.</summary>
internal sealed class WorkerLog(ILoggerFactory loggers)
{
    /// <summary>Writes one entry.</summary>
    public void Write(RpcLog entry)
    {
        if (entry.LogCategory == RpcLog.Types.RpcLogCategory.CustomMetric)
            return;
        var details = entry.Exception is { } exception ? $"{Environment.NewLine}{exception.Message}{Environment.NewLine}{exception.StackTrace}" : "";
        loggers.CreateLogger(entry.Category).Log((LogLevel)entry.Level, "{Message}{Details}", entry.Message, details);
    }
}
