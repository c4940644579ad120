using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Functions.Api.Workflow.RemoteDownloads;

/// <summary>The progress of a download (contract, section 18).</summary>
internal sealed record DownloadResponse
{
    private static readonly JsonSerializerOptions s_names = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public required string Name { get; init; }

    public required string State { get; init; }

    public required long Total { get; init; }

    public required long Downloaded { get; init; }

    public required long DownloadSpeed { get; init; }

    public required long Uploaded { get; init; }

    public required long UploadSpeed { get; init; }

    public string? Hash { get; init; }

    public string? Pieces { get; init; }

    public int? NumPieces { get; init; }

    public string? ErrorMessage { get; init; }

    public required IReadOnlyList<DownloadedFile> Files { get; init; }

    /// <summary>Describes a download; null while nothing is known of it.</summary>
    /// <param name="task">The task.</param>
    public static JsonElement? Describe(WorkflowTask task) => task.Download is not { } download ? null : JsonSerializer.SerializeToElement(
        new DownloadResponse
        {
            Name = download.Name,
            State = task.Status switch
            {
                WorkflowTaskStatus.Completed => DownloadStatus.Completed,
                WorkflowTaskStatus.Error => "error",
                WorkflowTaskStatus.Canceled => "unknown",
                _ => download.State,
            },
            Total = download.Total,
            Downloaded = download.Downloaded,
            // Only while it is processed: a task that waits or has ended moves nothing.
            DownloadSpeed = task.Status == WorkflowTaskStatus.Processing ? download.DownloadSpeed : 0,
            Uploaded = download.Uploaded,
            UploadSpeed = task.Status == WorkflowTaskStatus.Processing ? download.UploadSpeed : 0,
            Hash = download.Hash,
            Pieces = download.Pieces,
            NumPieces = download.NumPieces > 0 ? download.NumPieces : null,
            ErrorMessage = task.Error,
            Files = [.. download.Files.Select(file => new DownloadedFile(file.Index, file.Name, file.Size, file.Progress, !task.Deselected.Contains(file.Index)))],
        },
        s_names);
}

/// <summary>A file of a download.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Progress">From 0 to 1.</param>
/// <param name="Selected">True if it is wanted.</param>
internal sealed record DownloadedFile(int Index, string Name, long Size, double Progress, bool Selected);
