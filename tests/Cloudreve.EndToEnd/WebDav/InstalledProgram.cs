using System.ComponentModel;
using System.Diagnostics;

namespace Cloudreve.EndToEnd.WebDav;

/// <summary>An installed third-party program.</summary>
/// <param name="Name">Its name, which is its Debian package's, too.</param>
/// <param name="Folder">The folder that it runs in.</param>
internal sealed record InstalledProgram(string Name, string Folder)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(10);

    /// <summary>Environment variables of the program.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What it reads from its input.</summary>
    public string Input { get; init; } = "";

    /// <summary>Runs the program to its end.</summary>
    /// <returns>Its exit code, and all that it printed.</returns>
    public async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Name, arguments) { WorkingDirectory = Folder, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in Environment)
            start.Environment[key] = value;
        using var process = Start(start);
        using var timeout = new CancellationTokenSource(s_timeout);
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var errors = process.StandardError.ReadToEndAsync(timeout.Token);
        await process.StandardInput.WriteAsync(Input.AsMemory(), timeout.Token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(timeout.Token);
        return (process.ExitCode, await output + await errors);
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{Name} is not installed: install the package {Name}.", e);
        }
    }
}
