using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Locks;

/// <summary>Long locks of uploads, WebDAV and viewers (contract, section 13).</summary>
/// <param name="clock">Determines which have expired.</param>
public sealed class DriveLocks(StorageLayout layout, TimeProvider clock)
{
    private const int MaxTokenCharacters = 256;
    private const int ManyExpired = 50;
    private const int Attempts = 7;
    private const string ClaimToken = "of";

    /// <summary>Reads locks and moves of a drive. One transaction; rows of expired locks are swept when they get many.</summary>
    public async Task<DriveControl> ReadAsync(long ownerId, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var locks = new List<DriveLock>();
        var moves = new List<MoveIntent>();
        var claims = new List<Row>();
        var expired = new List<Row>();
        string? tree = null;
        var depth = DriveDepth.Free;
        await foreach (var row in layout.Files.QueryAsync(DriveControl.Range(ownerId), cancellationToken))
        {
            if (row.RowKey == DriveControl.TreeKey)
                (tree, depth) = (row.ETag, (int)(row.Number(DriveDepth.DepthProperty) ?? DriveDepth.Free));
            else if (row.RowKey.StartsWith(DriveControl.MovePrefix, StringComparison.Ordinal))
                moves.Add(MoveIntent.FromRow(row));
            else if (row.RowKey.StartsWith(DriveControl.ClaimPrefix, StringComparison.Ordinal))
                claims.Add(row);
            else if (FromRow(row, ownerId) is var held && held.ExpiresAt > now)
                locks.Add(held);
            else
                expired.Add(row);
        }
        expired.AddRange(claims.Where(claim => locks.TrueForAll(held => held.Token != claim.Text(ClaimToken))));
        if (expired.Count >= ManyExpired)
            await SweepAsync(ownerId, expired, cancellationToken);
        return new DriveControl(ownerId, locks, tree) { Moves = moves, Depth = depth, Claims = claims.ToDictionary(claim => claim.RowKey, claim => claim.ETag) };
    }

    /// <summary>
    /// Takes a lock. Two transactions more than the one that read <paramref name="control"/>. Of competing calls for the same path the first one gets
    /// it, and the others fail at once: a lock is written together with the path's claim, which must be as it was read. A lock above or
    /// below may be written at the same time: a call that finds one after writing its own withdraws, since the competing call may have read before.
    /// When both withdraw, they try again after random pauses that grow, and the first one gets it.
    /// </summary>
    /// <param name="control">The drive's locks, just read.</param>
    /// <param name="wanted">The lock.</param>
    /// <exception cref="LockConflictException">Another lock conflicts.</exception>
    public async Task AcquireAsync(DriveControl control, DriveLock wanted, CancellationToken cancellationToken = default)
    {
        CheckToken(wanted.Token);
        for (var attempt = 1; await TryAcquireAsync(control, wanted, cancellationToken) is { Count: > 0 } conflicts; attempt++)
        {
            if (attempt == Attempts)
                throw new LockConflictException(conflicts);
            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(10, 50 << attempt)), clock, cancellationToken);
            control = await ReadAsync(wanted.OwnerId, cancellationToken);
        }
    }

    /// <summary>Writes a lock, and withdraws it when there is a competing call.</summary>
    /// <returns>Locks that were written at the same time; none when the lock is taken.</returns>
    /// <exception cref="LockConflictException">Another lock was there before.</exception>
    private async Task<IReadOnlyList<DriveLock>> TryAcquireAsync(DriveControl control, DriveLock wanted, CancellationToken cancellationToken)
    {
        if (ConflictsOf(control, wanted) is { Count: > 0 } holders)
            throw new LockConflictException(holders);
        while (!await TryWriteAsync(control, wanted, cancellationToken))
        {
            control = await ReadAsync(wanted.OwnerId, cancellationToken);
            // Our own write, whose answer was lost.
            if (control.Locks.Any(held => held.Token == wanted.Token))
                break;
            if (ConflictsOf(control, wanted) is { Count: > 0 } faster)
                throw new LockConflictException(faster);
        }
        var conflicts = ConflictsOf(await ReadAsync(wanted.OwnerId, cancellationToken), wanted);
        if (conflicts.Count > 0)
            await ReleaseAsync(wanted.OwnerId, wanted.Token, cancellationToken);
        return conflicts;
    }

    /// <summary>Writes a lock with the claim on its path: one transaction.</summary>
    /// <returns>False when the path has been claimed since the claims were read.</returns>
    private async Task<bool> TryWriteAsync(DriveControl control, DriveLock wanted, CancellationToken cancellationToken)
    {
        var claim = new Row(DriveControl.Partition(wanted.OwnerId), ClaimKey(wanted.Path))
        {
            [ClaimToken] = wanted.Token,
            // Earlier releases, which do not know claims, see an expired lock.
            [Columns.Type] = (int)FileType.File,
            [Columns.ExpiresAt] = DateTimeOffset.UnixEpoch,
        };
        var batch = new TableBatch(claim.PartitionKey).Upsert(ToRow(wanted));
        _ = control.Claims.TryGetValue(claim.RowKey, out var etag) ? batch.Replace(claim, etag) : batch.Insert(claim);
        try
        {
            await layout.Files.SubmitAsync(batch, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Extends a lock. One transaction.</summary>
    /// <param name="held">The lock, as it was read.</param>
    /// <param name="expiresAt">Its new end.</param>
    /// <exception cref="CloudreveException">40075 when the lock is gone.</exception>
    public async Task RefreshAsync(DriveLock held, DateTimeOffset expiresAt, CancellationToken cancellationToken = default)
    {
        try
        {
            await layout.Files.ReplaceAsync(ToRow(held with { ExpiresAt = expiresAt }), "*", cancellationToken);
        }
        catch (StorageNotFoundException e)
        {
            throw new CloudreveException(ErrorCode.LockTokenExpired, "The lock has expired.", e);
        }
    }

    /// <summary>Releases a lock together with the claim on its path. One transaction, two when the claim no longer exists.</summary>
    /// <param name="held">The lock.</param>
    public async Task ReleaseAsync(DriveLock held, CancellationToken cancellationToken = default)
    {
        try
        {
            // A claim only orders calls that want the path at the same time, so its current owner does not matter.
            var batch = new TableBatch(DriveControl.Partition(held.OwnerId)).Delete(DriveControl.LockPrefix + held.Token).Delete(ClaimKey(held.Path));
            await layout.Files.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageNotFoundException e) when (e.FailedIndex == 1)
        {
            await ReleaseAsync(held.OwnerId, held.Token, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // Released before.
        }
    }

    /// <summary>Releases a lock. One transaction. The claim on its path stays until many are swept together.</summary>
    /// <param name="token">The lock's token.</param>
    /// <returns>False when there was no such lock.</returns>
    public Task<bool> ReleaseAsync(long ownerId, string token, CancellationToken cancellationToken = default)
    {
        CheckToken(token);
        return layout.Files.DeleteAsync(DriveControl.Partition(ownerId), DriveControl.LockPrefix + token, cancellationToken: cancellationToken);
    }

    /// <summary>
    /// A token of a new lock: it cannot be guessed, and it names the drive, so that its holder can release it without knowing the drive.
    /// </summary>
    public static string NewToken(long ownerId) => $"{ownerId:x}-{Guid.NewGuid():N}";

    /// <summary>The drive that a token of <see cref="NewToken"/> names; null for others.</summary>
    public static long? OwnerOf(string token) =>
        token.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash
        && long.TryParse(token.AsSpan(0, dash), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var owner)
            ? owner
            : null;

    private async Task SweepAsync(long ownerId, List<Row> expired, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(DriveControl.Partition(ownerId));
        foreach (var row in expired.Take(AzureLimits.BatchOperations))
            batch.Delete(row.RowKey, row.ETag);
        try
        {
            await layout.Files.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // Another process sweeps as well, or one of them is in use again.
        }
    }

    private static string ClaimKey(FilePath path) =>
        DriveControl.ClaimPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path.ToString())).AsSpan(0, 16));

    private static List<DriveLock> ConflictsOf(DriveControl control, DriveLock wanted) => [.. control.Locks.Where(l => l.Token != wanted.Token && !(l.IsShared && wanted.IsShared)
        && (l.Path.Equals(wanted.Path) || (l.IsInfinite && l.Path.Contains(wanted.Path)) || (wanted.IsInfinite && wanted.Path.Contains(l.Path))))];

    private static void CheckToken(string token)
    {
        if (token.Length is 0 or > MaxTokenCharacters || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '='))
            throw new CloudreveException(ErrorCode.BadParameter, "The lock token is malformed.");
    }

    private static Row ToRow(DriveLock held)
    {
        var row = new Row(DriveControl.Partition(held.OwnerId), DriveControl.LockPrefix + held.Token)
        {
            [Columns.IsInfinite] = held.IsInfinite,
            [Columns.IsShared] = held.IsShared ? true : null,
            [Columns.Type] = (int)held.Type,
            [Columns.ExpiresAt] = held.ExpiresAt,
        };
        PathText.Write(row, Columns.Path, held.Path);
        LongText.Write(row, Columns.Application, JsonSerializer.Serialize(held.Application, LockJson.Default.LockApplication));
        return row;
    }

    /// <summary>Checks whether a lock's row belongs to an upload.</summary>
    internal static bool IsOfUpload(Row row) => FromRow(row, 0).Application.Type == LockApplication.Upload.Type;

    private static DriveLock FromRow(Row row, long ownerId) => new()
    {
        Token = row.RowKey[DriveControl.LockPrefix.Length..],
        OwnerId = ownerId,
        Path = PathText.Read(row, Columns.Path) ?? FilePath.Root,
        IsInfinite = row.Flag(Columns.IsInfinite),
        IsShared = row.Flag(Columns.IsShared),
        Application = JsonSerializer.Deserialize(LongText.Read(row, Columns.Application) ?? "null", LockJson.Default.LockApplication)!,
        Type = (FileType)row.RequiredNumber(Columns.Type),
        ExpiresAt = row.Time(Columns.ExpiresAt) ?? default,
    };

    private static class Columns
    {
        public const string Type = "t";
        public const string ExpiresAt = "x";
        public const string IsInfinite = "inf";
        public const string IsShared = "shared";
        public const string Path = "path";
        public const string Application = "app";
    }
}

[JsonSerializable(typeof(LockApplication))]
internal sealed partial class LockJson : JsonSerializerContext;
