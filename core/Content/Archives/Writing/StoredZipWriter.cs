using System.Buffers;
using System.IO.Hashing;

namespace Cloudreve.Core.Content.Archives.Writing;

/// <summary>
/// Writes a zip whose entries are stored as they are, to a stream that need not seek: only the directory is kept in memory.
/// Sizes, offsets and counts beyond the old format's limits use Zip64 (APPNOTE 6.3, section 4.3).
/// </summary>
internal sealed class StoredZipWriter(Stream output)
{
    private const int BufferBytes = 128 * 1024;

    private readonly List<ZipEntry> _entries = [];
    private long _position;

    /// <summary>Adds a folder.</summary>
    /// <param name="path">Its path, with slashes; one is added at the end.</param>
    /// <param name="modified">The time it last changed.</param>
    public async Task AddFolderAsync(string path, DateTimeOffset modified, CancellationToken cancellationToken = default)
    {
        var entry = ZipEntry.Folder(path, modified, _position);
        await WriteAsync(ZipRecords.LocalHeader(entry), cancellationToken);
        _entries.Add(entry);
    }

    /// <summary>Adds a file.</summary>
    /// <param name="path">Its path, with slashes.</param>
    /// <param name="modified">The time it last changed.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="size">Number of bytes.</param>
    /// <returns>
    /// False when the content could not be read to its end. Its size has been written by then, so the rest is filled with zeros, under a
    /// checksum that does not match: whoever unpacks the file learns that it is damaged.
    /// </returns>
    public async Task<bool> AddFileAsync(string path, DateTimeOffset modified, Stream content, long size, CancellationToken cancellationToken = default)
    {
        var entry = ZipEntry.Stored(path, modified, size, _position);
        await WriteAsync(ZipRecords.LocalHeader(entry), cancellationToken);
        var (checksum, isWhole) = await CopyAsync(content, size, cancellationToken);
        entry = entry with { Checksum = isWhole ? checksum : ~checksum };
        await WriteAsync(ZipRecords.Descriptor(entry), cancellationToken);
        _entries.Add(entry);
        return isWhole;
    }

    /// <summary>Writes the directory. Without it the zip is unusable.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken = default)
    {
        var start = _position;
        foreach (var entry in _entries)
            await WriteAsync(ZipRecords.DirectoryHeader(entry), cancellationToken);
        await WriteAsync(ZipRecords.End(_entries.Count, start, _position - start), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private async Task<(uint Checksum, bool IsWhole)> CopyAsync(Stream content, long size, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var checksum = new Crc32();
            var isWhole = true;
            for (var rest = size; rest > 0;)
            {
                var wanted = (int)Math.Min(rest, BufferBytes);
                var read = isWhole ? await TryReadAsync(content, buffer.AsMemory(0, wanted), cancellationToken) : 0;
                if (read == 0)
                {
                    isWhole = false;
                    read = wanted;
                    buffer.AsSpan(0, read).Clear();
                }
                checksum.Append(buffer.AsSpan(0, read));
                await WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                rest -= read;
            }
            return (checksum.GetCurrentHashAsUInt32(), isWhole);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads some bytes; none at the end, and where the content cannot be read any further.</summary>
    private static async Task<int> TryReadAsync(Stream content, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The entry's length is in the zip already, whatever the error was.
            return 0;
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await output.WriteAsync(bytes, cancellationToken);
        _position += bytes.Length;
    }
}
