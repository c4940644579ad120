using System.Runtime.InteropServices;

namespace Cloudreve.Tools;

/// <summary>
/// Signals that ask a process to end: the first one asks for an orderly end, the next one of its kind ends the process at once. Other kinds do
/// not count as repetitions: Ctrl+C reaches a process and its parent, which then sends SIGTERM to its children.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>The exit code after a repeated signal, as shells return it for Ctrl+C.</summary>
    public const int ForcedCode = 130;

    // A program that signals a process and its group reaches the process twice.
    private static readonly TimeSpan s_sameSignal = TimeSpan.FromSeconds(0.5);
    private static readonly PosixSignal[] s_kinds = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<PosixSignal, long> _firsts = [];
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Starts listening.</summary>
    public StopSignals() => _registrations.AddRange(s_kinds.Select(kind => PosixSignalRegistration.Create(kind, Receive)));

    /// <summary>Fires at the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stop.Dispose();
    }

    private void Receive(PosixSignalContext signal)
    {
        signal.Cancel = true;
        lock (_firsts)
        {
            if (_firsts.TryAdd(signal.Signal, TimeProvider.System.GetTimestamp()))
                _ = _stop.CancelAsync();
            else if (TimeProvider.System.GetElapsedTime(_firsts[signal.Signal]) > s_sameSignal)
                Environment.Exit(ForcedCode);
        }
    }
}
