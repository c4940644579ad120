using System.Text.RegularExpressions;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders;

/// <summary>States of a download, as all programs have them.</summary>
internal enum DownloadState
{
    /// <summary>Content, or the list of files, is missing.</summary>
    Downloading,

    /// <summary>All is there, and is shared with others.</summary>
    Seeding,

    /// <summary>All is there, and the program has nothing left to do.</summary>
    Completed,

    /// <summary>The program has given up.</summary>
    Failed,
}

/// <summary>A download as a program has it.</summary>
internal sealed partial record DownloadSnapshot
{
    // Larger numbers are not exact in JSON.
    private const long MaxBytes = 1L << 53;

    private const int MaxName = 1_000;

    /// <summary>The state.</summary>
    public required DownloadState State { get; init; }

    /// <summary>The torrent's name.</summary>
    public required string Name { get; init; }

    /// <summary>The reason of a failure, for its owner; null for none.</summary>
    public string? Error { get; init; }

    /// <summary>Bytes per second.</summary>
    public long DownloadSpeed { get; init; }

    /// <summary>Bytes sent to others.</summary>
    public long Uploaded { get; init; }

    /// <summary>Bytes per second sent to others.</summary>
    public long UploadSpeed { get; init; }

    /// <summary>The info hash.</summary>
    public string? Hash { get; init; }

    /// <summary>See <see cref="DownloadStatus.Pieces"/>.</summary>
    public string? Pieces { get; init; }

    /// <summary>The number of pieces.</summary>
    public int NumPieces { get; init; }

    /// <summary>The files by their numbers from 0; empty while their list is not known.</summary>
    public IReadOnlyList<DownloadedFile> Files { get; init; } = [];

    /// <summary>See <see cref="DownloadKey.Follower"/>.</summary>
    public string? Follower { get; init; }

    /// <summary>The snapshot, unless the program cannot mean it.</summary>
    /// <exception cref="FormatException">Numbers or names are impossible.</exception>
    public DownloadSnapshot Checked()
    {
        var total = 0L;
        var indexes = new HashSet<int>(Files.Count);
        foreach (var file in Files)
        {
            if (file.Index < 0 || !indexes.Add(file.Index) || file.Size is < 0 or > MaxBytes || file.Name.Length == 0 || file.Name.Contains('\0', StringComparison.Ordinal))
                throw new FormatException($"The file {file.Index} of the download is not possible.");
            total = file.Size <= MaxBytes - total ? total + file.Size : throw new FormatException("The files are larger than any disk.");
        }
        return this with
        {
            Name = Name.Length > MaxName ? Name[..MaxName] : Name,
            Hash = Hash is not null && InfoHash().IsMatch(Hash) ? Hash : null,
            DownloadSpeed = Math.Max(0, DownloadSpeed),
            Uploaded = Math.Max(0, Uploaded),
            UploadSpeed = Math.Max(0, UploadSpeed),
            Files = [.. Files.Select(file => file with { Completed = Math.Clamp(file.Completed, 0, file.Size) })],
        };
    }

    /// <summary>The form of info hashes: of the first version of torrents, or of the second.</summary>
    [GeneratedRegex("^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    public static partial Regex InfoHash();

    /// <summary>The progress for the owner.</summary>
    /// <param name="deselected">The files that are not wanted.</param>
    public DownloadStatus Describe(IReadOnlyCollection<int> deselected)
    {
        var wanted = Files.Where(file => !deselected.Contains(file.Index)).ToList();
        return new DownloadStatus
        {
            Name = Name,
            State = State switch
            {
                DownloadState.Seeding => DownloadStatus.Seeding,
                DownloadState.Completed => DownloadStatus.Completed,
                _ => DownloadStatus.Downloading,
            },
            Total = wanted.Sum(file => file.Size),
            Downloaded = wanted.Sum(file => file.Completed),
            DownloadSpeed = DownloadSpeed,
            Uploaded = Uploaded,
            UploadSpeed = UploadSpeed,
            Hash = Hash,
            Pieces = Pieces,
            NumPieces = NumPieces,
            Files = [.. Files.Select(file => new DownloadFile(file.Index, file.Name, file.Size, file.Size > 0 ? (double)file.Completed / file.Size : 1))],
        };
    }
}

/// <summary>A file of a download.</summary>
/// <param name="Index">Its number from 0.</param>
/// <param name="Name">Its path below the download's folder, with slashes, as the torrent has it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Completed">Bytes that are there.</param>
internal sealed record DownloadedFile(int Index, string Name, long Size, long Completed);
