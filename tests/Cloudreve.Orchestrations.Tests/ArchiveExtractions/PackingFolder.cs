using System.ComponentModel;
using System.Diagnostics;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>A temporary folder with files that real programs pack.</summary>
internal sealed class PackingFolder : IDisposable
{
    public static readonly DateTimeOffset Modified = new(2021, 3, 4, 5, 6, 7, TimeSpan.Zero);

    // Packages whose names are not their programs'.
    private static readonly Dictionary<string, string> s_packages = new() { ["7zz"] = "7zip", ["xz"] = "xz-utils" };

    private readonly string _path = Directory.CreateTempSubdirectory("cloudreve-pack-").FullName;

    public void Write(string name, byte[] content)
    {
        var path = Path.Combine(_path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        File.SetLastWriteTimeUtc(path, Modified.UtcDateTime);
    }

    public void MakeFolder(string name) => Directory.CreateDirectory(Path.Combine(_path, name));

    public void Link(string name, string target) => File.CreateSymbolicLink(Path.Combine(_path, name), target);

    /// <summary>Runs programs, given as they would be in a shell without quotes, and returns the file that they made.</summary>
    public byte[] Pack(string made, params string[] commands)
    {
        foreach (var command in commands)
            Run(command);
        return File.ReadAllBytes(Path.Combine(_path, made));
    }

    public byte[] Read(string name) => File.ReadAllBytes(Path.Combine(_path, name));

    /// <summary>Runs a program, given as it would be in a shell without quotes, and returns what it prints.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public string Run(string command) => Run(command.Split(' '));

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private string Run(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = _path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{string.Join(' ', command)}: {output}{errors.Result}");
            return output;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{command[0]} is not installed: install the package {s_packages.GetValueOrDefault(command[0], command[0])}.", e);
        }
    }
}
