using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Content.Viewers;

/// <summary>Permission for a viewer to work on a file on behalf of a user.</summary>
public sealed record ViewerSession
{
    /// <summary>The session's id, a uuid.</summary>
    public required Guid Id { get; init; }

    /// <summary>The viewer.</summary>
    public required string ViewerId { get; init; }

    /// <summary>The user on whose behalf it works; 0 for an anonymous one.</summary>
    public required long UserId { get; init; }

    /// <summary>The file.</summary>
    public required long FileId { get; init; }

    /// <summary>The URI under which the user opened the file.</summary>
    public required FileUri Uri { get; init; }

    /// <summary>The version that is shown; 0 for the current one.</summary>
    public long VersionId { get; init; }

    /// <summary>True if the viewer was opened to edit; a viewer opened to view neither locks nor writes.</summary>
    public bool CanEdit { get; init; }

    /// <summary>The state of the user's account: a change of the password ends the session. Null for an anonymous user.</summary>
    public string? State { get; init; }

    /// <summary>The time the session ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>
/// Sessions of viewers. A token is <c>&lt;session id&gt;.&lt;128 characters&gt;</c>; only a hash of the secret part is stored, so that
/// nobody who reads the table can act as a viewer.
/// </summary>
/// <param name="clock">Determines which have expired.</param>
public sealed class ViewerSessions(StorageLayout layout, TimeProvider clock)
{
    private const string Partition = "viewer";
    private const string Place = "uri";
    private const int SecretLength = 128;

    /// <summary>Stores a session. One transaction.</summary>
    /// <returns>The token, which cannot be read again.</returns>
    public async Task<string> CreateAsync(ViewerSession session, CancellationToken cancellationToken = default)
    {
        var secret = RandomText.Draw(SecretLength);
        var row = new Row(Partition, KeyOf(session.Id))
        {
            [Columns.SecretHash] = Hash(secret),
            [Columns.ViewerId] = session.ViewerId,
            [Columns.UserId] = session.UserId,
            [Columns.FileId] = session.FileId,
            [Columns.VersionId] = session.VersionId,
            [Columns.ExpiresAt] = session.ExpiresAt,
            [Columns.CanEdit] = session.CanEdit,
            [Columns.State] = session.State,
        };
        LongText.Write(row, Place, session.Uri.ToString());
        // The key is random: an existing row is our own, whose response was lost.
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        return $"{KeyOf(session.Id)}.{secret}";
    }

    /// <summary>The session of a token; null for one that is unknown, wrong or expired. One transaction at most.</summary>
    /// <param name="token">The token that a viewer sent.</param>
    public async Task<ViewerSession?> FindAsync(string? token, CancellationToken cancellationToken = default)
    {
        var dot = token?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot < 0 || token!.Length - dot - 1 != SecretLength || !Guid.TryParseExact(token.AsSpan(0, dot), "D", out var id))
            return null;
        var row = await layout.Sessions.FindAsync(Partition, KeyOf(id), cancellationToken);
        if (row is null || !CryptographicOperations.FixedTimeEquals(row.Bytes(Columns.SecretHash), Hash(token[(dot + 1)..])) || row.Time(Columns.ExpiresAt) is not { } end || end <= clock.GetUtcNow())
            return null;
        return new ViewerSession
        {
            Id = id,
            ViewerId = row.RequiredText(Columns.ViewerId),
            UserId = row.RequiredNumber(Columns.UserId),
            FileId = row.RequiredNumber(Columns.FileId),
            Uri = FileUri.Parse(LongText.Read(row, Place)),
            VersionId = row.Number(Columns.VersionId) ?? 0,
            ExpiresAt = end,
            CanEdit = row.Flag(Columns.CanEdit),
            State = row.Text(Columns.State),
        };
    }

    /// <summary>Removes sessions that have expired: one transaction for each 1,000 sessions, and one for each 100 that are removed.</summary>
    /// <param name="cancellationToken">Ends the run; the rest is left to the next.</param>
    /// <returns>The number removed.</returns>
    public Task<int> SweepAsync(CancellationToken cancellationToken = default) => RowSweep.DeleteAsync(
        layout.Sessions,
        layout.Sessions.QueryAsync(new RowRange(Partition), cancellationToken).Where(row => row.Time(Columns.ExpiresAt) is { } end && end <= clock.GetUtcNow()),
        int.MaxValue,
        cancellationToken);

    private static string KeyOf(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static class Columns
    {
        public const string SecretHash = "h";
        public const string ViewerId = "app";
        public const string UserId = "u";
        public const string FileId = "f";
        public const string VersionId = "e";
        public const string ExpiresAt = "x";
        public const string CanEdit = "w";
        public const string State = "s";
    }
}
