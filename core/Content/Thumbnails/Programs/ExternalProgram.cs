using System.ComponentModel;
using System.Diagnostics;
using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>
/// Runs a program of the machine on a user's file: without a shell, without the app's environment and its secrets, in a
/// folder of its own that is removed afterwards, and for a bounded time, after which it and what it started are killed.
/// </summary>
internal static class ExternalProgram
{
    // What a program needs to find its libraries and fonts; everything else, such as the storage account's key, is withheld.
    private static readonly string[] PassedOn = ["PATH", "LD_LIBRARY_PATH", "SystemRoot", "SystemDrive", "ProgramFiles", "FONTCONFIG_PATH"];

    private const int MaxOutput = 4_096;
    private const int MaxLine = 200;

    /// <summary>Runs a function in a new empty folder, which is removed whatever happens.</summary>
    /// <param name="use">Receives the folder's path.</param>
    /// <typeparam name="T">What the function returns.</typeparam>
    public static async Task<T> InFolderAsync<T>(Func<string, Task<T>> use)
    {
        var folder = Directory.CreateTempSubdirectory("thumbnail-").FullName;
        try
        {
            return await use(folder);
        }
        finally
        {
            Remove(folder);
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments, each passed on as it is.</param>
    /// <param name="folder">Its working folder, home and place for temporary files.</param>
    /// <param name="timeout">The time that it may take.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="MediaException">It is not installed, fails or takes too long.</exception>
    public static async Task RunAsync(
        string program, IReadOnlyList<string> arguments, string folder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, folder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            process.StandardInput.Close();
            // Its output is not used, but a full pipe would block it.
            await Task.WhenAll(
                process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, deadline.Token),
                process.StandardError.BaseStream.CopyToAsync(Stream.Null, deadline.Token),
                process.WaitForExitAsync(deadline.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MediaException($"The program {Path.GetFileName(program)} took too long.", isFinal: false);
        }
        finally
        {
            await KillAsync(process);
        }
        if (process.ExitCode != 0)
            throw new MediaException($"The program {Path.GetFileName(program)} failed with code {process.ExitCode}.", isFinal: false);
    }

    /// <summary>Runs a program until it has printed some lines, and returns the first of them that is not empty.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments, each passed on as it is.</param>
    /// <param name="folder">Its working folder, home and place for temporary files.</param>
    /// <param name="timeout">The time that it may take.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="MediaException">It is not installed, prints nothing or takes too long.</exception>
    public static async Task<string> ReadLineAsync(
        string program, IReadOnlyList<string> arguments, string folder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, folder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            process.StandardInput.Close();
            var text = new char[MaxOutput];
            var length = await process.StandardOutput.ReadBlockAsync(text, deadline.Token);
            var line = new string(text, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault()
                ?? throw new MediaException($"The program {Path.GetFileName(program)} told no version.", isFinal: false);
            return new string([.. line.Where(c => !char.IsControl(c)).Take(MaxLine)]);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MediaException($"The program {Path.GetFileName(program)} took too long.", isFinal: false);
        }
        finally
        {
            await KillAsync(process);
        }
    }

    /// <summary>Runs a program to its end, and returns all that it prints.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments, each passed on as it is.</param>
    /// <param name="folder">Its working folder, home and place for temporary files.</param>
    /// <param name="timeout">The time that it may take.</param>
    /// <param name="most">Maximum number of characters.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="MediaException">It is not installed, fails, prints more or takes too long.</exception>
    public static async Task<string> ReadTextAsync(
        string program, IReadOnlyList<string> arguments, string folder, TimeSpan timeout, int most, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, folder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        var text = new char[most + 1];
        int length;
        try
        {
            process.StandardInput.Close();
            // Errors are not used, but a full pipe would block it.
            var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, deadline.Token);
            length = await process.StandardOutput.ReadBlockAsync(text, deadline.Token);
            if (length > most)
                throw new MediaException($"The program {Path.GetFileName(program)} printed too much.", isFinal: true);
            await Task.WhenAll(errors, process.WaitForExitAsync(deadline.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MediaException($"The program {Path.GetFileName(program)} took too long.", isFinal: false);
        }
        finally
        {
            await KillAsync(process);
        }
        return process.ExitCode == 0
            ? new string(text, 0, length)
            : throw new MediaException($"The program {Path.GetFileName(program)} failed with code {process.ExitCode}.", isFinal: false);
    }

    private static Process Start(string program, IReadOnlyList<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var inherited = PassedOn.Select(name => (name, value: Environment.GetEnvironmentVariable(name))).Where(v => v.value is not null).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in inherited)
            start.Environment[name] = value;
        foreach (var name in (string[])["HOME", "USERPROFILE", "TMPDIR", "TMP", "TEMP"])
            start.Environment[name] = folder;
        start.Environment["LANG"] = "C.UTF-8";
        try
        {
            return Process.Start(start) ?? throw new MediaException($"The program {Path.GetFileName(program)} did not start.", isFinal: false);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw new MediaException($"The program {Path.GetFileName(program)} cannot be started.", isFinal: false, e);
        }
    }

    private static async Task KillAsync(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or AggregateException or NotSupportedException)
        {
            // It exited by itself in between.
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Files that a killed program still holds disappear with the instance's temporary disk.
        }
    }
}
