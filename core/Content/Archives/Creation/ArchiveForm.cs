using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>The forms of archives that can be created. Clients of the contract know the first alone.</summary>
internal enum ArchiveForm
{
    /// <summary>A zip whose files are deflated, unless they are compressed already.</summary>
    Zip,

    /// <summary>A zip whose files are stored as they are.</summary>
    StoredZip,

    /// <summary>A tar compressed by gzip.</summary>
    TarGzip,

    /// <summary>A tar compressed by Zstandard.</summary>
    TarZstandard,
}

/// <summary>Names of forms.</summary>
internal static class ArchiveForms
{
    /// <summary>The form of a name that requests and jobs use.</summary>
    /// <param name="name">The name; null or empty for the contract's.</param>
    /// <exception cref="CloudreveException">40001 for an unknown name.</exception>
    public static ArchiveForm Of(string? name) => name switch
    {
        null or "" or "zip" => ArchiveForm.Zip,
        "zip.stored" => ArchiveForm.StoredZip,
        "tar.gz" => ArchiveForm.TarGzip,
        "tar.zst" => ArchiveForm.TarZstandard,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "Unknown form of archives."),
    };
}
