using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Entities;

/// <summary>
/// The parts of containers that mirrors have read. Their blobs belong to the source: the same blob may be the content of several entities, one
/// after the other, so none of them takes it along when it goes. A part stays noted after its mirror has ended.
/// </summary>
internal sealed class MirroredAreas(StorageLayout layout)
{
    private const string Prefix = "prefix";
    private const string IsFlat = "flat";

    /// <summary>Notes a part before its blobs are listed: one transaction. Harmless to repeat.</summary>
    /// <param name="policy">The policy of the container.</param>
    /// <param name="prefix">The start of the blobs' names; empty for the whole container.</param>
    /// <param name="isRecursive">False if the mirror reads no folders below.</param>
    public Task AddAsync(StoragePolicy policy, string prefix, bool isRecursive, CancellationToken cancellationToken) => layout.Site.UpsertAsync(
        new Row(PartitionOf(policy), Hash(isRecursive ? prefix : prefix + "\n")) { [Prefix] = prefix, [IsFlat] = isRecursive ? null : true }, cancellationToken);

    /// <summary>Reads the noted parts of a container: one transaction for each 1,000, for each name that its policies have for it.</summary>
    /// <param name="policies">The policies of the container.</param>
    /// <returns>Checks whether a blob lies in one of them.</returns>
    public async Task<Predicate<string>> ReadAsync(IEnumerable<StoragePolicy> policies, CancellationToken cancellationToken)
    {
        var parts = new List<Row>();
        foreach (var partition in policies.Select(PartitionOf).Distinct())
            parts.AddRange(await layout.Site.QueryAsync(new RowRange(partition), cancellationToken).ToListAsync(cancellationToken));
        return name => parts.Exists(row => IsIn(name, row.Text(Prefix) ?? "", row.Flag(IsFlat)));
    }

    private static bool IsIn(string name, string prefix, bool isFlat) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && !(isFlat && name.AsSpan(prefix.Length).Contains('/'));

    // Several policies may share a container.
    private static string PartitionOf(StoragePolicy policy) => "mirrored|" + Hash($"{policy.Server}\n{policy.BucketName}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
