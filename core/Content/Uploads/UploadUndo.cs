using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>Takes back what an upload did that could not begin. Where that fails, the expiry of uploads finds the row within minutes.</summary>
internal sealed class UploadUndo(UploadSessions sessions, UploadCancellation cancellation, TimeProvider clock, ILogger<UploadUndo> logger)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>Removes an upload that has done nothing yet.</summary>
    public Task RemoveAsync(UploadSession session) => LeaveAsync(session, timeout => sessions.RemoveAsync(session, timeout));

    /// <summary>Undoes all that an upload may have done.</summary>
    /// <param name="reason">The failure.</param>
    public Task RunAsync(UploadSession session, Exception reason) => LeaveAsync(session, async timeout =>
    {
        await cancellation.CancelAsync(session, timeout);
        // A call without a response from storage may take effect late: its traces are searched for again.
        if (reason is CloudreveException)
            await sessions.RemoveAsync(session, timeout);
    });

    private async Task LeaveAsync(UploadSession session, Func<CancellationToken, Task> leave)
    {
        using var timeout = new CancellationTokenSource(Timeout, clock);
        try
        {
            await leave(timeout.Token);
        }
        catch (Exception e) when (e is StorageException or CloudreveException or OperationCanceledException)
        {
            logger.LogWarning(e, "Upload {Upload} could not be undone at once", session.Mark[..8]);
        }
    }
}
