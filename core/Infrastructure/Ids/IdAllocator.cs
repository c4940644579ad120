using System.Runtime.ExceptionServices;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Infrastructure.Ids;

/// <summary>The counters from which ids are taken.</summary>
public enum IdKind
{
    /// <summary>Files. The numbers below 2^32 are the users' root folders. Folders also had such ids before their drives had blocks.</summary>
    File,

    /// <summary>Entities.</summary>
    Entity,

    /// <summary>Workflow tasks.</summary>
    Task,

    /// <summary>Users.</summary>
    User,

    /// <summary>Direct links.</summary>
    DirectLink,

    /// <summary>Share links.</summary>
    Share,

    /// <summary>OAuth clients.</summary>
    OAuthClient,

    /// <summary>Blocks of 1,000 ids, each for folders of one drive.</summary>
    FolderBlock,

    /// <summary>WebDAV accounts.</summary>
    DavAccount,
}

/// <summary>A run of consecutive ids.</summary>
/// <param name="First">The first id.</param>
/// <param name="Count">Their number.</param>
internal readonly record struct IdRange(long First, int Count)
{
    /// <summary>Checks whether an id is in the run.</summary>
    public bool Contains(long id) => id >= First && id < First + Count;
}

/// <summary>
/// Hands out integer ids below 2^53 from leased blocks of 1,000: one storage transaction for each block, a second one when
/// another process leased in between. A block belongs to this process alone; unused ids are lost.
/// </summary>
/// <param name="layout">The storage of counters.</param>
public sealed class IdAllocator(StorageLayout layout)
{
    private const int BlockSize = 1000;
    private const string CounterKey = "next";
    private const string NoteKey = "note";

    private readonly Dictionary<IdKind, Counter> _counters = Enum.GetValues<IdKind>().ToDictionary(k => k, k => new Counter(layout.IdLeases, k));
    private readonly FolderIds _folders = new(layout.IdLeases);

    /// <summary>Takes one id.</summary>
    /// <param name="kind">The purpose.</param>
    public async Task<long> NextAsync(IdKind kind, CancellationToken cancellationToken = default) =>
        (await ReserveAsync(kind, 1, cancellationToken)).First;

    /// <summary>Takes consecutive ids. Large runs start at a block's beginning, so that rows of ids fill whole batches.</summary>
    /// <param name="kind">The kind of work that they are for.</param>
    /// <param name="count">Their number; at least 1.</param>
    internal Task<IdRange> ReserveAsync(IdKind kind, int count, CancellationToken cancellationToken = default) =>
        _counters[kind].ReserveAsync(count, cancellationToken);

    /// <summary>The first id that has not been leased yet. One transaction.</summary>
    /// <param name="kind">The kind of objects that the ids are for.</param>
    public async Task<long> ReadEndAsync(IdKind kind, CancellationToken cancellationToken = default) =>
        (await layout.IdLeases.FindAsync(kind.ToString(), CounterKey, cancellationToken))?.RequiredNumber(Columns.Next) ?? First(kind) + 1;

    /// <summary>Like <see cref="ReadEndAsync"/>, with the note beside the counter; null when there is none. One transaction.</summary>
    internal async Task<(long End, Row? Note)> ReadEndAndNoteAsync(IdKind kind, CancellationToken cancellationToken)
    {
        Row? counter = null;
        Row? note = null;
        await foreach (var row in layout.IdLeases.QueryAsync(new RowRange(kind.ToString()), cancellationToken))
        {
            counter = row.RowKey == CounterKey ? row : counter;
            note = row.RowKey == NoteKey ? row : note;
        }
        return (counter?.RequiredNumber(Columns.Next) ?? First(kind) + 1, note);
    }

    /// <summary>An empty note on the ids of a kind.</summary>
    internal static Row NoteOf(IdKind kind) => new(kind.ToString(), NoteKey);

    /// <summary>Stores a note, replacing the previous one. One transaction.</summary>
    internal Task KeepNoteAsync(Row note, CancellationToken cancellationToken) => layout.IdLeases.UpsertAsync(note, cancellationToken);

    /// <summary>The first id of a kind. Root folders have the ids of their users, so file ids start above every user id.</summary>
    /// <param name="kind">The kind of objects that the ids are for.</param>
    internal static long First(IdKind kind) => kind switch
    {
        IdKind.File => (1L << 32) / BlockSize * BlockSize + BlockSize,
        IdKind.User => 1,
        IdKind.FolderBlock => FileKeys.FirstFolderBlock,
        _ => BlockSize,
    };

    /// <summary>Takes an id for a new file or folder of a drive.</summary>
    /// <param name="type">File or folder.</param>
    public async Task<long> NextEntryAsync(long ownerId, FileType type, CancellationToken cancellationToken = default) => type == FileType.Folder
        ? (await ReserveFoldersAsync(ownerId, 1, cancellationToken)).First
        : await NextAsync(IdKind.File, cancellationToken);

    /// <summary>
    /// Takes consecutive ids for folders of a drive, so that their partitions are adjacent: two transactions for the first ones that
    /// this process takes for the drive, two more where the drive needs its first block or another one, then one for some hundred.
    /// </summary>
    /// <param name="count">Their number; at least 1.</param>
    internal Task<IdRange> ReserveFoldersAsync(long ownerId, int count, CancellationToken cancellationToken = default) =>
        _folders.ReserveAsync(ownerId, count, blocks => ReserveAsync(IdKind.FolderBlock, blocks, cancellationToken), cancellationToken);

    private sealed class Counter(Table table, IdKind kind)
    {
        // Callers that create something wait for it.
        private static readonly TimeSpan LeaseTimeout = TimeSpan.FromSeconds(15);

        private readonly SemaphoreSlim _turn = new(1, 1);
        private ExceptionDispatchInfo? _failure;
        private int _failures;
        private string? _etag;
        private long _leasedFrom;
        private long _next;
        private long _end;

        private string Key => kind.ToString();

        public async Task<IdRange> ReserveAsync(int count, CancellationToken cancellationToken)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            var failures = Volatile.Read(ref _failures);
            await _turn.WaitAsync(cancellationToken);
            try
            {
                if (_end - _next < count)
                {
                    // A failed lease fails for all callers that waited for it: they do not retry one after the other.
                    if (_failures != failures)
                        _failure!.Throw();
                    await LeaseInTimeAsync((count + BlockSize - 1) / BlockSize * BlockSize, cancellationToken);
                }
                var range = new IdRange(_next, count);
                _next += count;
                return range;
            }
            finally
            {
                _turn.Release();
            }
        }

        private async Task LeaseInTimeAsync(int size, CancellationToken cancellationToken)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(LeaseTimeout);
            try
            {
                await LeaseAsync(size, limit.Token);
            }
            catch (Exception e) when (e is StorageException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                var failure = e as StorageException ?? new StorageUnavailableException($"{table.Name}: no ids in time", e);
                _failure = ExceptionDispatchInfo.Capture(failure);
                Interlocked.Increment(ref _failures);
                throw failure;
            }
        }

        private async Task LeaseAsync(int size, CancellationToken cancellationToken)
        {
            while (true)
            {
                if (_etag is null)
                    await ReadAsync(cancellationToken);
                try
                {
                    var row = new Row(Key, CounterKey) { [Columns.Next] = _leasedFrom + size };
                    _etag = _etag!.Length == 0
                        ? await table.InsertAsync(row, cancellationToken)
                        : await table.ReplaceAsync(row, _etag, cancellationToken);
                    _next = _leasedFrom;
                    _end = _leasedFrom += size;
                    return;
                }
                catch (StorageException e) when (e is StorageChangedException or StorageExistsException)
                {
                    _etag = null;
                }
            }
        }

        private async Task ReadAsync(CancellationToken cancellationToken)
        {
            var row = await table.FindAsync(Key, CounterKey, cancellationToken);
            _etag = row?.ETag ?? "";
            _leasedFrom = row?.RequiredNumber(Columns.Next) ?? First(kind);
        }
    }

    private static class Columns
    {
        public const string Next = "next";
    }
}
