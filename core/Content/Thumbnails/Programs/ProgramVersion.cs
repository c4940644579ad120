using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>Asks programs that make thumbnails for their version, so that administrators see whether they are installed.</summary>
public static class ProgramVersion
{
    private const int MaxPath = 1_000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    // The names by which the dashboard calls the programs.
    private static readonly Dictionary<string, string> s_arguments = new(StringComparer.Ordinal)
    {
        ["vips"] = "--version",
        ["ffmpeg"] = "-version",
        ["ffprobe"] = "-version",
        ["libreOffice"] = "--version",
    };

    /// <summary>Runs a program, and answers the first line that it prints.</summary>
    /// <param name="name">The program, as the dashboard calls it.</param>
    /// <param name="executable">Its name or path on this machine.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="CloudreveException">40001: it is unknown, not installed, fails or takes too long.</exception>
    public static async Task<string> AskAsync(string name, string executable, CancellationToken cancellationToken = default)
    {
        if (!s_arguments.TryGetValue(name, out var argument))
            throw new CloudreveException(ErrorCode.BadParameter, $"Thumbnails are not made by '{name}'.");
        if (string.IsNullOrWhiteSpace(executable) || executable.Length > MaxPath || executable.Any(char.IsControl))
            throw new CloudreveException(ErrorCode.BadParameter, "The path of the program is invalid.");
        try
        {
            return await ExternalProgram.InFolderAsync(folder => ExternalProgram.ReadLineAsync(executable, [argument], folder, Timeout, cancellationToken));
        }
        catch (ThumbnailException e)
        {
            throw new CloudreveException(ErrorCode.BadParameter, e.Message, e);
        }
    }
}
