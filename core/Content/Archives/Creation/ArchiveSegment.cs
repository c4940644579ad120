using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Cloudreve.Core.Content.Archives.Writing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Walks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>Limits of one segment of an archive. A segment that is cut off by a crash is written again.</summary>
/// <param name="Bytes">Bytes of files.</param>
/// <param name="Time">The time that it may take.</param>
/// <param name="DirectoryBytes">Bytes of the directory.</param>
internal sealed record ArchiveSegmentLimits(long Bytes, TimeSpan Time, int DirectoryBytes)
{
    public static ArchiveSegmentLimits Default { get; } = new(1L << 30, TimeSpan.FromSeconds(45), 1 << 20);
}

/// <summary>Writes one segment of an archive: entries, and the first or the last part of a large file.</summary>
/// <param name="state">The progress of the archive.</param>
/// <param name="output">The output.</param>
/// <param name="form">The form of the archive.</param>
/// <param name="reader">Opens blobs.</param>
/// <param name="entities">Their rows.</param>
/// <param name="limits">The limits that complete the segment.</param>
/// <param name="compressSize">Maximum total size of the files in one archive, in bytes; 0 for no limit.</param>
/// <param name="clock">Determines how long it takes.</param>
internal sealed class ArchiveSegment(
    ArchiveState state, BlockOutput output, ArchiveForm form, EntityReader reader, EntityStore entities, ArchiveSegmentLimits limits, long compressSize, TimeProvider clock)
    : IAsyncDisposable
{
    private const int BufferBytes = 128 * 1024;

    // Otherwise small files would wait for each other's first byte. Connections of large ones would only idle.
    private const int FilesAhead = 16;
    private const long BytesAhead = 64 << 20;

    // The last block of deflated content, without any.
    private static readonly byte[] s_lastBlock = [0x03, 0x00];

    private const string Unreadable = "Its content cannot be read.";
    private const string Damaged = "Its content could be read in part only; it is damaged in the archive.";

    private static readonly HashSet<string> s_compressed = new(StringComparer.OrdinalIgnoreCase)
    {
        ".7z", ".aac", ".apk", ".avif", ".br", ".bz2", ".docx", ".epub", ".flac", ".gif", ".gz", ".heic", ".heif", ".jar", ".jpeg", ".jpg", ".m4a", ".m4v",
        ".mkv", ".mov", ".mp3", ".mp4", ".odt", ".ogg", ".opus", ".png", ".pptx", ".rar", ".webm", ".webp", ".xlsx", ".xz", ".zip", ".zst",
    };

    private readonly MemoryStream _directory = new();
    private readonly SegmentOutput _records = SegmentOutput.Open(form, output);
    private readonly long _start = clock.GetTimestamp();
    private ArchiveState _state = state;
    private long _bytes;

    /// <summary>The part of the zip's directory that belongs to the segment.</summary>
    public ReadOnlyMemory<byte> Directory => _directory.GetBuffer().AsMemory(0, (int)_directory.Length);

    private bool IsFull => _bytes >= limits.Bytes || clock.GetElapsedTime(_start) >= limits.Time || _directory.Length >= limits.DirectoryBytes;

    /// <summary>Writes the segment.</summary>
    /// <param name="walk">Brings what goes into the archive.</param>
    /// <returns>The progress of the archive with it.</returns>
    /// <exception cref="CloudreveException">40049: the files exceed the group's limit.</exception>
    public async Task<ArchiveState> WriteAsync(ContentWalk walk, CancellationToken cancellationToken)
    {
        var ahead = new Queue<(WalkItem Item, FileContentSource? Content)>();
        try
        {
            if (_state.OpenFile is { } open)
                await ContinueAsync(open, cancellationToken);
            while (_state.OpenFile is null && !IsFull && await NextAsync(walk, ahead, cancellationToken) is var (item, content))
            {
                await using (content)
                    await AddAsync(item, content, cancellationToken);
            }
        }
        finally
        {
            foreach (var (_, content) in ahead)
            {
                if (content is not null)
                    await content.DisposeAsync();
            }
        }
        await _records.CompleteAsync();
        return _state with { Position = output.Position };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _records.DisposeAsync();

    private async Task<(WalkItem Item, FileContentSource? Content)?> NextAsync(
        ContentWalk walk, Queue<(WalkItem Item, FileContentSource? Content)> ahead, CancellationToken cancellationToken)
    {
        while (ahead.Count < FilesAhead && ahead.Sum(file => file.Item.Entity?.Size ?? 0) < BytesAhead && await walk.NextAsync(cancellationToken) is { } item)
        {
            var content = item.Entity is { } entity ? new FileContentSource(reader, entity, 0) : null;
            content?.Begin(cancellationToken);
            ahead.Enqueue((item, content));
        }
        if (ahead.TryDequeue(out var next))
            return next;
        _state = _state with { IsRead = true };
        return null;
    }

    private async Task AddAsync(WalkItem item, FileContentSource? content, CancellationToken cancellationToken)
    {
        _state = _state with { Source = item.After.Source, SourceId = item.After.SourceId, Levels = item.After.Levels };
        if (item.Entry is not { } entry)
            Fail(item.Path, item.Failure!);
        else if (Encoding.UTF8.GetByteCount(item.Path) >= ZipEntry.MaxNameBytes)
            Fail(item.Path, "Its path is too long for an archive.");
        else if (entry.Type == FileType.Folder)
            await WriteAsync(ZipEntry.Folder(item.Path, entry.UpdatedAt, output.Position), cancellationToken);
        else if (entry.PrimaryEntityId == 0 || item.Entity is { Size: 0 })
            await AddEmptyAsync(item.Path, entry.UpdatedAt, cancellationToken);
        else if (item.Entity is not { } entity || content is null)
            Fail(item.Path, Unreadable);
        else
            await AddFileAsync(item.Path, entry.UpdatedAt, entity, content, cancellationToken);
    }

    private async Task AddEmptyAsync(string path, DateTimeOffset modified, CancellationToken cancellationToken)
    {
        var entry = ZipEntry.Stored(path, modified, 0, output.Position);
        await _records.Content.WriteAsync(_records.Header(entry), cancellationToken);
        await CloseAsync(entry, cancellationToken);
    }

    private async Task AddFileAsync(string path, DateTimeOffset modified, EntityRecord entity, FileContentSource content, CancellationToken cancellationToken)
    {
        if (compressSize > 0 && _state.FileBytes + entity.Size > compressSize)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The files exceed the size limit of your group for archives.");
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            // A file that cannot be opened leaves nothing in the archive.
            var first = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferBytes, entity.Size)), cancellationToken);
            if (first is null or 0)
            {
                Fail(path, Unreadable);
                return;
            }
            var isDeflated = _records.DeflatesFiles && !s_compressed.Contains(Path.GetExtension(path));
            var open = new ArchiveOpenFile(path, modified, entity.Size, output.Position, isDeflated, entity.Id, 0, 0, 0);
            await _records.Content.WriteAsync(_records.Header(EntryOf(open)), cancellationToken);
            await CopyAsync(open, content, buffer, first.Value, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ContinueAsync(ArchiveOpenFile open, CancellationToken cancellationToken)
    {
        if (await entities.FindAsync(open.EntityId, cancellationToken) is not { } entity)
        {
            await EndEarlyAsync(open, cancellationToken);
            return;
        }
        await using var content = new FileContentSource(reader, entity, open.Read);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await CopyAsync(open, content, buffer, 0, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Copies a file's content, to its end or until the segment is full.</summary>
    private async Task CopyAsync(ArchiveOpenFile open, FileContentSource content, byte[] buffer, int first, CancellationToken cancellationToken)
    {
        var checksum = new Crc32();
        var start = output.Position;
        long read = 0;
        int? count = first;
        await using (var packed = new PackedContent(_records.Content, open.IsDeflated))
        {
            while (true)
            {
                if (count > 0)
                {
                    checksum.Append(buffer.AsSpan(0, count.Value));
                    await packed.WriteAsync(buffer.AsMemory(0, count.Value), cancellationToken);
                    read += count.Value;
                    _bytes += count.Value;
                }
                var rest = open.Size - open.Read - read;
                if (rest == 0 || (read > 0 && IsFull))
                    break;
                count = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferBytes, rest)), cancellationToken);
                if (count is null or 0)
                    break;
            }
            await packed.CompleteAsync(isLast: open.Read + read == open.Size, cancellationToken);
        }
        open = open with
        {
            Checksum = ChecksumSum.Of(open.Checksum, checksum.GetCurrentHashAsUInt32(), read),
            Read = open.Read + read,
            Packed = open.Packed + output.Position - start,
        };
        if (open.Read == open.Size)
            await CloseAsync(EntryOf(open) with { PackedSize = open.Packed, Checksum = open.Checksum }, cancellationToken);
        else if (count is null or 0)
            await EndEarlyAsync(open, cancellationToken);
        else
            _state = _state with { OpenFile = open };
    }

    /// <summary>
    /// Ends a file that cannot be read any further. If it is stored as it is, its size has been written already, so the rest is filled with
    /// zeros; in a zip under a checksum that does not match, so whoever unpacks the file learns that it is damaged.
    /// </summary>
    private async Task EndEarlyAsync(ArchiveOpenFile open, CancellationToken cancellationToken)
    {
        var start = output.Position;
        if (open.IsDeflated)
        {
            await _records.Content.WriteAsync(s_lastBlock, cancellationToken);
        }
        else
        {
            var zeros = new byte[BufferBytes];
            for (var rest = open.Size - open.Read; rest > 0; rest -= Math.Min(rest, BufferBytes))
                await _records.Content.WriteAsync(zeros.AsMemory(0, (int)Math.Min(rest, BufferBytes)), cancellationToken);
        }
        Fail(open.Path, Damaged);
        var entry = EntryOf(open) with
        {
            Size = open.IsDeflated ? open.Read : open.Size,
            PackedSize = open.Packed + output.Position - start,
            Checksum = ~open.Checksum,
        };
        await CloseAsync(entry, cancellationToken);
    }

    private static ZipEntry EntryOf(ArchiveOpenFile open) => open.IsDeflated
        ? ZipEntry.Deflated(open.Path, open.Modified, open.Size, open.Offset)
        : ZipEntry.Stored(open.Path, open.Modified, open.Size, open.Offset);

    private async Task CloseAsync(ZipEntry entry, CancellationToken cancellationToken)
    {
        await _records.Content.WriteAsync(_records.Trailer(entry), cancellationToken);
        Note(entry);
        _state = _state with { OpenFile = null, Files = _state.Files + 1, FileBytes = _state.FileBytes + entry.Size };
    }

    private async Task WriteAsync(ZipEntry folder, CancellationToken cancellationToken)
    {
        await _records.Content.WriteAsync(_records.Header(folder), cancellationToken);
        Note(folder);
    }

    private void Note(ZipEntry entry)
    {
        _directory.Write(_records.DirectoryHeader(entry));
        _state = _state with { Entries = _state.Entries + 1 };
    }

    private void Fail(string path, string reason) => _state = _state with { Failures = _state.Failures.Add(path, reason) };

    /// <summary>A file's content on its way into the archive.</summary>
    private sealed class PackedContent : IAsyncDisposable
    {
        private readonly DetachableStream _packed;
        private readonly DeflateStream? _deflate;

        public PackedContent(Stream output, bool isDeflated)
        {
            _packed = new DetachableStream(output);
            _deflate = isDeflated ? new DeflateStream(_packed, CompressionLevel.Optimal, leaveOpen: true) : null;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            (_deflate ?? (Stream)_packed).WriteAsync(bytes, cancellationToken);

        /// <summary>
        /// Ends the content, or only this part of it: a flush ends at a whole byte without a last block, and the next part begins with a
        /// window of its own.
        /// </summary>
        public async Task CompleteAsync(bool isLast, CancellationToken cancellationToken)
        {
            if (_deflate is null)
                return;
            if (isLast)
                await _deflate.DisposeAsync();
            else
                await _deflate.FlushAsync(cancellationToken);
            _packed.IsDetached = true;
        }

        public async ValueTask DisposeAsync()
        {
            // Anything that an unfinished stream writes now must not reach the archive.
            _packed.IsDetached = true;
            if (_deflate is not null)
                await _deflate.DisposeAsync();
            await _packed.DisposeAsync();
        }
    }
}
