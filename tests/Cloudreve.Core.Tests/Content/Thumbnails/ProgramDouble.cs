namespace Cloudreve.Core.Tests.Content.Thumbnails;

/// <summary>A program that stands in for one that need not be installed: a script of Node.js, which the emulator needs anyway.</summary>
internal sealed class ProgramDouble : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("double-");

    /// <summary>Writes the program.</summary>
    /// <param name="script">Its JavaScript; <c>args</c> are its arguments, <c>report(name, value)</c> leaves a file for the test.</param>
    public ProgramDouble(string script)
    {
        var code = Path.Combine(_folder.FullName, "program.js");
        File.WriteAllText(
            code,
            $$"""
            const fs = require('fs'), path = require('path');
            const args = process.argv.slice(2);
            const report = (name, value) => fs.writeFileSync(path.join(__dirname, name), JSON.stringify(value));
            {{script}}
            """);
        Program = Path.Combine(_folder.FullName, OperatingSystem.IsWindows() ? "program.cmd" : "program");
        File.WriteAllText(Program, OperatingSystem.IsWindows() ? $"@node \"{code}\" %*\r\n" : $"#!/bin/sh\nexec node '{code}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The program's path.</summary>
    public string Program { get; }

    /// <summary>The program's report under a name.</summary>
    public T Report<T>(string name) => System.Text.Json.JsonSerializer.Deserialize<T>(File.ReadAllText(PathOf(name)))!;

    /// <summary>Checks whether the program reported something under a name.</summary>
    public bool HasReport(string name) => File.Exists(PathOf(name));

    /// <summary>A file beside the program.</summary>
    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
