using System.Security.Cryptography;

namespace Cloudreve.Dev.Running;

/// <summary>The key that seals the secrets of a local site. It is stored beside the emulator's data and is deleted with it.</summary>
internal static class SealingKeyFile
{
    /// <summary>Reads the key, which is generated when there is none.</summary>
    public static async Task<string> ReadAsync(Repository repository, CancellationToken cancellationToken)
    {
        var file = repository.Path(".azurite", "sealing-keys");
        if (!File.Exists(file))
            await CreateAsync(file, cancellationToken);
        return (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
    }

    private static async Task CreateAsync(string file, CancellationToken cancellationToken)
    {
        // A partial key must never be read: secrets that it sealed could not be opened.
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var writer = new StreamWriter(file + ".new", options))
            await writer.WriteLineAsync($"local:{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}".AsMemory(), cancellationToken);
        File.Move(file + ".new", file);
    }
}
