using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Archives.Downloads;

/// <summary>The files and folders to download as one archive.</summary>
/// <param name="UserId">The user who asked; 0 for an anonymous caller.</param>
/// <param name="Uris">The items, as file URIs from that caller's view.</param>
public sealed record ArchiveRequest(long UserId, IReadOnlyList<string> Uris);

/// <summary>Requests for archives between the call that makes an address and the one that fetches it.</summary>
/// <param name="clock">Determines what has expired.</param>
public sealed class ArchiveSessions(StorageLayout layout, TimeProvider clock)
{
    private const string Partition = "archive";
    private const string User = "user";

    // Half of what a row may hold, in properties of the largest size.
    private const int MaxParts = 8;

    /// <summary>Stores a request: one transaction. The sweep of sign-ins removes what has expired.</summary>
    /// <param name="expires">The time it expires.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="CloudreveException">40074: it names more than a row can hold.</exception>
    public async Task<Guid> CreateAsync(ArchiveRequest request, DateTimeOffset expires, CancellationToken cancellationToken = default)
    {
        var id = Guid.NewGuid();
        var row = new Row(Partition, id.ToString()) { [User] = request.UserId, [SessionSweep.ExpiresAt] = expires };
        var bytes = Pack(request.Uris);
        if (bytes.Length > MaxParts * AzureLimits.BinaryBytes)
            throw new CloudreveException(ErrorCode.TooManyUris, "The request contains too many or too long URIs.");
        foreach (var (part, i) in bytes.Chunk(AzureLimits.BinaryBytes).Select((p, i) => (p, i)))
            row[NameOf(i)] = part;
        // The key is random: an existing row is our own, whose response was lost.
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        return id;
    }

    /// <summary>Finds a request that has not expired: one transaction; null when there is none.</summary>
    public async Task<ArchiveRequest?> FindAsync(Guid id, CancellationToken cancellationToken = default)
    {
        var row = await layout.Sessions.FindAsync(Partition, id.ToString(), cancellationToken);
        return row is null || row.Time(SessionSweep.ExpiresAt) <= clock.GetUtcNow() ? null : new ArchiveRequest(row.RequiredNumber(User), Unpack(row));
    }

    /// <summary>URIs of one request compress well.</summary>
    private static byte[] Pack(IReadOnlyList<string> uris)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            JsonSerializer.Serialize(brotli, [.. uris], ArchiveJson.Default.StringArray);
        return packed.ToArray();
    }

    private static string[] Unpack(Row row)
    {
        using var packed = new MemoryStream();
        for (var i = 0; row.Bytes(NameOf(i)) is { } part; i++)
            packed.Write(part);
        packed.Position = 0;
        using var brotli = new BrotliStream(packed, CompressionMode.Decompress);
        return JsonSerializer.Deserialize(brotli, ArchiveJson.Default.StringArray) ?? [];
    }

    private static string NameOf(int part) => $"uris{part}";
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
