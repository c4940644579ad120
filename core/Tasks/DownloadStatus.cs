namespace Cloudreve.Core.Tasks;

/// <summary>The progress of a download from another site, as its owner sees it (contract, section 18).</summary>
public sealed record DownloadStatus
{
    /// <summary>Content is being downloaded.</summary>
    public const string Downloading = "downloading";

    /// <summary>All content is there, and is being sent to others.</summary>
    public const string Seeding = "seeding";

    /// <summary>All content is there.</summary>
    public const string Completed = "completed";

    /// <summary>Name of the file, or of the torrent.</summary>
    public required string Name { get; init; }

    /// <summary>The state, by the names of the API.</summary>
    public string State { get; init; } = Downloading;

    /// <summary>Bytes in total; 0 while that is unknown.</summary>
    public long Total { get; init; }

    /// <summary>Bytes downloaded so far.</summary>
    public long Downloaded { get; init; }

    /// <summary>Bytes per second, measured over the last seconds.</summary>
    public long DownloadSpeed { get; init; }

    /// <summary>Bytes sent to others so far.</summary>
    public long Uploaded { get; init; }

    /// <summary>Bytes per second sent to others.</summary>
    public long UploadSpeed { get; init; }

    /// <summary>The info hash of a torrent; null for anything else.</summary>
    public string? Hash { get; init; }

    /// <summary>The files.</summary>
    public IReadOnlyList<DownloadFile> Files { get; init; } = [];

    /// <summary>A bit for each piece that is there, the highest of the first byte for piece 0, in base64; null for no pieces.</summary>
    public string? Pieces { get; init; }

    /// <summary>The number of pieces.</summary>
    public int NumPieces { get; init; }
}

/// <summary>A file of a download.</summary>
/// <param name="Index">Its number in the download.</param>
/// <param name="Name">Its name, with the folders of a torrent.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Progress">The downloaded share, from 0 to 1.</param>
public sealed record DownloadFile(int Index, string Name, long Size, double Progress);
