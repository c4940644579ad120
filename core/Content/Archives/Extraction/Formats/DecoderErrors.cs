using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using SharpCompress.Common;
using PlatformCryptographicException = System.Security.Cryptography.CryptographicException;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>Tells damage from outages: decoders answer damaged content with exceptions of any type.</summary>
internal static class DecoderErrors
{
    /// <summary>True for an exception that says something about the content, so that another try would bring the same.</summary>
    public static bool IsOfContent(Exception error) => error is not (BlobReadException or StorageException or OperationCanceledException or CloudreveException);

    /// <summary>The refusal of an entry.</summary>
    public static CloudreveException OfEntry(Exception error) => error switch
    {
        CryptographicException or PlatformCryptographicException => new CloudreveException(ErrorCode.WrongPassword, "The password is missing or wrong.", error),
        NotSupportedException => new CloudreveException(ErrorCode.ArchiveTypeUnsupported, "It is compressed by a method that is not supported.", error),
        _ => EntryContent.Damaged(error),
    };

    /// <summary>The refusal of all that is left of an archive.</summary>
    public static ArchiveRefusedException OfArchive(Exception error) => error switch
    {
        CryptographicException or PlatformCryptographicException => new ArchiveRefusedException(ErrorCode.WrongPassword, "The archive is encrypted, and its password is missing or wrong.", error),
        MultiVolumeExtractionException => new ArchiveRefusedException(
            ErrorCode.ArchiveTypeUnsupported, "The archive consists of several files, which is not supported.", error),
        NotSupportedException => new ArchiveRefusedException(ErrorCode.ArchiveTypeUnsupported, "The archive uses a method that is not supported.", error),
        _ => ArchiveRefusedException.Damaged(error),
    };
}
