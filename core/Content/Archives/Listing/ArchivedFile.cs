using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>An entry of an archive.</summary>
/// <param name="Name">Its path in the archive, with slashes; none at the end.</param>
/// <param name="Size">Bytes when unpacked.</param>
/// <param name="UpdatedAt">The time it last changed.</param>
/// <param name="IsDirectory">True if it is a folder.</param>
public sealed record ArchivedFile(string Name, long Size, DateTimeOffset UpdatedAt, bool IsDirectory);

/// <summary>Reads a part of an archive: one request.</summary>
/// <param name="offset">First byte.</param>
/// <param name="length">Number of bytes, all of which exist.</param>
internal delegate Task<byte[]> ReadPart(long offset, int length, CancellationToken cancellationToken);

/// <summary>Limits on the directory of an archive, so that a hostile one can exhaust neither memory nor processors.</summary>
internal static class DirectoryLimits
{
    public const int Bytes = 32 * 1024 * 1024;

    public const int Entries = 100_000;

    /// <summary>
    /// The steps that the maximum number of entries needs with every attribute that the format has, packed one by one; unpacking a kilobyte of a
    /// directory is a step as well.
    /// </summary>
    public const long Steps = 64 * Entries;

    /// <summary>The maximum work of listing one archive.</summary>
    public static WorkBudget Work(CancellationToken cancellationToken) => new(Steps, () => NotListable(), cancellationToken);

    /// <summary>A size that is within the limit.</summary>
    /// <exception cref="CloudreveException">40049.</exception>
    public static int CheckBytes(long bytes) => bytes is >= 0 and <= Bytes ? (int)bytes : throw TooLarge();

    /// <summary>A count that is within the limit.</summary>
    /// <exception cref="CloudreveException">40049.</exception>
    public static int CheckEntries(long entries) => entries is >= 0 and <= Entries ? (int)entries : throw TooLarge();

    /// <summary>403: the file is not an archive that can be listed.</summary>
    public static CloudreveException NotListable(Exception? inner = null) =>
        new(ErrorCode.NoPermission, "The contents of this archive cannot be listed.", inner);

    private static CloudreveException TooLarge() => new(ErrorCode.FileTooLarge, "The archive has too many entries to be listed.");
}
