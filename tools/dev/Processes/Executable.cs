using System.ComponentModel;
using System.Diagnostics;

namespace Cloudreve.Dev.Processes;

/// <summary>Runs another program to its end.</summary>
internal static class Executable
{
    private static readonly string[] s_executableExtensions = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat"] : [""];

    /// <summary>Runs a program on this terminal.</summary>
    /// <param name="program">Its name, looked up on the path.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="environment">Variables to set; a null value removes one.</param>
    /// <param name="cancellationToken">Ends the program with all its children.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="CommandException">It is not installed.</exception>
    public static async Task<int> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string folder,
        IReadOnlyDictionary<string, string?>? environment = null,
        CancellationToken cancellationToken = default)
    {
        using var process = Start(StartInfo(program, arguments, folder, environment));
        return await WaitAsync(process, cancellationToken);
    }

    /// <summary>Runs a program on this terminal and refuses to continue when it fails.</summary>
    /// <exception cref="CommandException">It is not installed, or ended with another code than 0.</exception>
    public static async Task ExpectAsync(string program, IEnumerable<string> arguments, string folder, string failure, CancellationToken cancellationToken)
    {
        if (await RunAsync(program, arguments, folder, cancellationToken: cancellationToken) != 0)
            throw new CommandException(failure);
    }

    /// <summary>Runs a program quietly and shows its output only when it fails.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="CommandException">It is not installed, or ended with another code than 0; the message holds its output.</exception>
    public static async Task<string> ReadAsync(string program, IEnumerable<string> arguments, string folder, CancellationToken cancellationToken)
    {
        var (code, output, errors) = await CaptureAsync(program, arguments, folder, cancellationToken);
        return code == 0 ? output : throw new CommandException($"{program} ended with code {code}.\n{output}{errors}".TrimEnd());
    }

    /// <summary>Runs a program quietly, whatever its exit code.</summary>
    /// <exception cref="CommandException">It is not installed.</exception>
    public static async Task<(int Code, string Output, string Errors)> CaptureAsync(
        string program, IEnumerable<string> arguments, string folder, CancellationToken cancellationToken)
    {
        var start = StartInfo(program, arguments, folder, null);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var code = await WaitAsync(process, cancellationToken);
        return (code, await output, await errors);
    }

    /// <summary>Finds a program on the path.</summary>
    public static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => s_executableExtensions.Any(extension => File.Exists(Path.Combine(folder, program + extension))));

    /// <summary>Wraps the start of a program that is a script on Windows, which only the command interpreter can start.</summary>
    public static (string Program, string[] Arguments) ForScript(string program, string[] arguments) =>
        OperatingSystem.IsWindows() ? ("cmd", ["/c", program, .. arguments]) : (program, arguments);

    /// <summary>Describes a program to start.</summary>
    public static ProcessStartInfo StartInfo(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, WorkingDirectory = folder };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }
        return start;
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="CommandException">It is not installed.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new CommandException($"{start.FileName} did not start.");
        }
        catch (Win32Exception e)
        {
            throw new CommandException($"{start.FileName} could not be started ({e.Message}). Is it installed?");
        }
    }

    private static async Task<int> WaitAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
