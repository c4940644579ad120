using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>Limits that stop an archive that is made to do harm, before it has. A zip has its own: its directory says what it unpacks to.</summary>
internal static class UnpackLimits
{
    /// <summary>Bytes of memory that decoders of one archive may ask for: what 7-Zip and RAR use at their highest settings, and some for filters.</summary>
    public const long DecoderBytes = 260L << 20;

    /// <summary>Decoders that work at once in a process.</summary>
    public const int DecodersAtOnce = 3;

    /// <summary>Zips that are extracted at once in a process.</summary>
    public const int ZipsAtOnce = 4;

    /// <summary>Bytes of one part of a header.</summary>
    public const int HeaderBytes = 1 << 20;

    // What is this small harms nobody, whatever it was packed to.
    private const long Harmless = 256L << 20;

    // Text gets to 100 at most. An image of an empty disk gets further, and cannot be told from a bomb.
    private const long LargestRatio = 500;

    /// <summary>Refuses an archive that unpacks to far more than it has.</summary>
    /// <param name="unpacked">Bytes so far.</param>
    /// <param name="packed">Bytes of the archive.</param>
    /// <exception cref="ArchiveRefusedException">The archive is not extracted any further.</exception>
    public static void CheckRatio(long unpacked, long packed)
    {
        if (unpacked > Harmless && unpacked / LargestRatio > packed)
            throw new ArchiveRefusedException(ErrorCode.FileTooLarge, "The archive unpacks to far more than is plausible for its size.");
    }

    /// <summary>Refuses an archive whose decoder needs too much memory.</summary>
    /// <exception cref="ArchiveRefusedException">The archive is not extracted any further.</exception>
    public static void CheckMemory(long bytes)
    {
        if (bytes > DecoderBytes)
            throw new ArchiveRefusedException(ErrorCode.ArchiveTypeUnsupported, "Extracting the archive would take more memory than is allowed.");
    }
}

/// <summary>An archive that is not extracted any further, unlike one of which an entry cannot be.</summary>
internal sealed class ArchiveRefusedException(ErrorCode code, string message, Exception? inner = null) : CloudreveException(code, message, inner)
{
    /// <summary>The archive is damaged, so that nothing behind can be found.</summary>
    public static ArchiveRefusedException Damaged(Exception? inner = null) =>
        new(ErrorCode.ArchiveTypeUnsupported, "The archive is damaged; nothing behind the damage could be extracted.", inner);
}
