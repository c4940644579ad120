using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>The name under which a client knows an upload.</summary>
/// <param name="ScopeId">The scope of the names: the WebDAV account.</param>
/// <param name="Name">The client's name for it.</param>
public readonly record struct ChunkedUploadKey(long ScopeId, string Name)
{
    internal string Partition =>
        string.Create(CultureInfo.InvariantCulture, $"chunked-{ScopeId:x}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Name)))}");
}

/// <summary>
/// An upload whose client sends chunks of any sizes first and names the file at the end, as clients of Nextcloud do. Its chunks are
/// blocks of one staging blob; each is charged when it arrives.
/// </summary>
/// <remarks>
/// The rows of an upload share one partition: its name, which clients find it by; the upload, which every chunk refreshes; its chunks; and, once it
/// has ended, a mark until no request can still be working on it.
/// </remarks>
public sealed record ChunkedUpload
{
    /// <summary>The row of a name.</summary>
    internal const string NameRow = "name";

    internal const string OpenPrefix = "u|";
    internal const string EndedPrefix = "z|";

    /// <summary>The partition of its rows.</summary>
    public required string Partition { get; init; }

    /// <summary>Differs for each upload, whatever its name is.</summary>
    public required Guid Id { get; init; }

    /// <summary>The uploading user.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The time it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The storage policy of its blob.</summary>
    public required int PolicyId { get; init; }

    /// <summary>True if chunks are encrypted.</summary>
    internal bool IsEncrypted { get; init; }

    /// <summary>The time that it is kept after its last chunk.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>The version of the name's row.</summary>
    internal string ETag { get; init; } = "";

    internal string OpenKey => OpenPrefix + Id.ToString("N");

    internal string EndedKey => EndedPrefix + Id.ToString("N");

    internal string ChunkPrefix => $"c|{Id:N}|";

    /// <summary>The blob whose blocks are the chunks; nothing refers to it.</summary>
    internal string StagingName => $"{UploadBlobs.StagingFolder}{Id:N}";

    /// <summary>The prefix of the names of its charges.</summary>
    internal string Charges => ChargesOf(Id);

    internal string ChargeOf(UploadChunk chunk) => Charges + chunk.Id.ToString("N");

    internal Row Describe(string rowKey) => new(Partition, rowKey)
    {
        [Columns.Id] = Id.ToString("N"),
        [Columns.Owner] = OwnerId,
        [Columns.Policy] = PolicyId,
        [Columns.Encrypted] = IsEncrypted ? true : null,
        [Columns.Lifetime] = (long)Lifetime.TotalSeconds,
        [Columns.Created] = CreatedAt,
    };

    internal Row Describe(string rowKey, DateTimeOffset due)
    {
        var row = Describe(rowKey);
        row[Columns.Due] = due;
        return row;
    }

    /// <summary>A change that keeps the upload from expiring; it fails once the upload has ended.</summary>
    internal Row Refreshed(DateTimeOffset now) => new(Partition, OpenKey) { [Columns.Due] = now + Lifetime };

    /// <summary>True if a row of the table belongs to an upload of this kind.</summary>
    internal static bool Has(Row row) => row.RowKey != UploadSession.RowKey;

    /// <summary>True if a row belongs to an upload that has charges and a staging blob, or may get them late.</summary>
    internal static bool IsLive(Row row) => row.RowKey.StartsWith(OpenPrefix, StringComparison.Ordinal) || row.RowKey.StartsWith(EndedPrefix, StringComparison.Ordinal);

    internal static ChunkedUpload FromRow(Row row) => new()
    {
        Partition = row.PartitionKey,
        Id = Guid.ParseExact(row.RequiredText(Columns.Id), "N"),
        OwnerId = row.RequiredNumber(Columns.Owner),
        PolicyId = (int)row.RequiredNumber(Columns.Policy),
        IsEncrypted = row.Flag(Columns.Encrypted),
        Lifetime = TimeSpan.FromSeconds(row.RequiredNumber(Columns.Lifetime)),
        CreatedAt = row.Time(Columns.Created) ?? default,
        ETag = row.ETag,
    };

    private static string ChargesOf(Guid id) => $"chunk-{id:N}-";

    // Owner and time have the names that uploads of the other kind give them, so that the same scans find both.
    private static class Columns
    {
        public const string Id = "id";
        public const string Owner = "o";
        public const string Policy = "pol";
        public const string Encrypted = "enc";
        public const string Lifetime = "life";
        public const string Created = "c";
        public const string Due = "x";
    }
}
