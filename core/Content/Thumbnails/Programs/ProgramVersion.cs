using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>Asks programs that make thumbnails or read videos for their version, so that administrators see whether they are installed.</summary>
public static class ProgramVersion
{
    private const int MaxPath = 1_000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    // The names by which the dashboard calls the programs, and the setting whose rule decides which may be started.
    private static readonly Dictionary<string, (string Argument, Setting<string> Setting)> s_programs = new(StringComparer.Ordinal)
    {
        ["vips"] = ("--version", ThumbnailSetting.VipsPath),
        ["ffmpeg"] = ("-version", ThumbnailSetting.FfmpegPath),
        ["ffprobe"] = ("-version", MediaMetaSetting.FfprobePath),
        ["libreOffice"] = ("--version", ThumbnailSetting.LibreOfficePath),
    };

    /// <summary>Runs a program that the operator allows, and returns the first line that it prints.</summary>
    /// <param name="site">Knows what the operator allows: the caller need not be the operator.</param>
    /// <param name="name">The program, as the dashboard calls it.</param>
    /// <param name="executable">Its name or path on this machine.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="CloudreveException">40001: it is unknown, not allowed, not installed, fails or takes too long.</exception>
    public static async Task<string> AskAsync(SiteSettings site, string name, string executable, CancellationToken cancellationToken = default)
    {
        if (!s_programs.TryGetValue(name, out var program))
            throw new CloudreveException(ErrorCode.BadParameter, $"Thumbnails are not made by '{name}'.");
        if (string.IsNullOrWhiteSpace(executable) || executable.Length > MaxPath || executable.Any(char.IsControl))
            throw new CloudreveException(ErrorCode.BadParameter, "The path of the program is invalid.");
        if (!site.Allows(program.Setting, executable))
            throw new CloudreveException(ErrorCode.BadParameter, "The server's operator does not allow this program.");
        try
        {
            return await ExternalProgram.InFolderAsync(folder => ExternalProgram.ReadLineAsync(executable, [program.Argument], folder, Timeout, cancellationToken));
        }
        catch (MediaException e)
        {
            throw new CloudreveException(ErrorCode.BadParameter, e.Message, e);
        }
    }
}
