using System.Diagnostics;

namespace Cloudreve.Dev.Processes;

/// <summary>A program that runs beside this one until it is stopped.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private ChildProcess(string title, Process process)
    {
        Title = title;
        _process = process;
    }

    /// <summary>The name that the developer sees.</summary>
    public string Title { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="title">The name that the developer sees.</param>
    /// <param name="start">The program.</param>
    /// <param name="guardian">Ends it when this process is gone.</param>
    /// <param name="quiet">Hides its output; its last lines are printed when it fails.</param>
    /// <exception cref="CommandException">It is not installed.</exception>
    public static ChildProcess Start(string title, ProcessStartInfo start, Guardian guardian, bool quiet)
    {
        start.RedirectStandardOutput = quiet;
        start.RedirectStandardError = quiet;
        var process = Executable.Start(start);
        guardian.Guard(process);
        var child = new ChildProcess(title, process);
        if (quiet)
        {
            process.OutputDataReceived += (_, line) => child.Remember(line.Data);
            process.ErrorDataReceived += (_, line) => child.Remember(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }
        return child;
    }

    /// <summary>Waits until it exits by itself, which it never should.</summary>
    /// <exception cref="CommandException">It has ended.</exception>
    public async Task FailWhenEndedAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        string lines;
        lock (_lastLines)
            lines = string.Join('\n', _lastLines);
        throw new CommandException($"{Title} ended with code {_process.ExitCode}.{(lines.Length > 0 ? "\n" + lines : "")}");
    }

    /// <summary>Asks it to exit, waits, and kills it when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        await Termination.EndAsync(_process);
        _process.Dispose();
    }

    private void Remember(string? line)
    {
        if (line is null)
            return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 20)
                _lastLines.Dequeue();
        }
    }
}
