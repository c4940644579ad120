using Azure.Storage.Blobs;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Benchmarks.Import;

/// <summary>The blobs that are imported: small ones, spread evenly over folders, or all in one.</summary>
/// <param name="Files">Number of blobs.</param>
/// <param name="Folders">Number of folders below the source; 0 for all blobs in the source itself.</param>
internal sealed record SourceTree(int Files, int Folders)
{
    /// <summary>The default prefix of their names.</summary>
    public const string Prefix = "source/";

    /// <summary>The prefix of the names in <see cref="WarmUp"/>.</summary>
    public const string WarmUpPrefix = "warm/";

    private const int Writers = 16;
    private static readonly BinaryData s_content = BinaryData.FromString("sixteen bytes...");

    /// <summary>The tree that is imported before anything is measured.</summary>
    public static SourceTree WarmUp { get; } = new(2_000, 20);

    /// <summary>Maximum number of storage transactions of importing them, without the orchestration's own.</summary>
    public int TransactionBudget => (Files / 20) + (4 * Math.Max(1, Folders)) + 20;

    public override string ToString() => Folders == 0 ? $"{Files:N0} files in one folder" : $"{Files:N0} files in {Folders:N0} folders";

    /// <summary>Writes the blobs.</summary>
    /// <param name="container">The target container.</param>
    /// <param name="prefix">The prefix of all of them, ending in a slash.</param>
    public Task WriteAsync(BlobContainerClient container, string prefix = Prefix) => BoundedParallel.ForEachAsync(
        Enumerable.Range(0, Files),
        Writers,
        (i, cancellationToken) => container.GetBlobClient(prefix + NameOf(i)).UploadAsync(s_content, overwrite: true, cancellationToken));

    private string NameOf(int i) => Folders == 0
        ? $"file-{i:d7}.dat"
        : $"folder-{i % Folders:d5}/file-{i:d7}.dat";
}
