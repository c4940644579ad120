using System.Globalization;
using System.Text;
using Cloudreve.Core.Content.Archives.Listing;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>The entries of a tar.</summary>
/// <param name="tar">The tar, unpacked if it is compressed; owned.</param>
/// <param name="position">The place of the first wanted header, at which the stream is.</param>
/// <param name="names">Decodes names.</param>
internal sealed class TarEntries(Stream tar, long position, NameEncoding names) : PackedEntries
{
    // Headers that describe the next one.
    private const int MostHeaders = 16;

    private readonly byte[] _block = new byte[TarHeader.BlockBytes];
    private long _at = position;
    private long _contentEnd = position;

    public override long Position => Padded(_contentEnd);

    public override PackedEntry? Next()
    {
        Skip(Position);
        var described = new Description();
        for (var i = 0; i < MostHeaders; i++)
        {
            if (!TryReadBlock())
                return null;
            var header = new TarHeader(_block);
            var size = header.Size;
            switch (header.Type)
            {
                case 'L':
                    described.Name = [.. ReadText(size)];
                    break;
                case 'K':
                    ReadText(size);
                    break;
                case 'x':
                    described.Extensions = TarHeader.Extensions(ReadText(size, isPadded: true));
                    break;
                case 'g':
                    // Applies to all entries, so it has no name or size that would matter.
                    ReadText(size, isPadded: true);
                    break;
                case 'V' or 'M' or 'N':
                    // Labels and parts of other volumes.
                    _contentEnd = checked(_at + size);
                    Skip(Position);
                    break;
                default:
                    return Describe(header, size, described);
            }
        }
        throw new InvalidDataException("An entry has too many headers.");
    }

    public override Stream Open() => new Content(this);

    public override void Dispose() => tar.Dispose();

    private PackedEntry Describe(TarHeader header, long size, Description described)
    {
        if (described.Number("size") is { } exact)
            size = exact;
        if (size < 0)
            throw new InvalidDataException("An entry has a negative size.");
        var path = described.Extensions.GetValueOrDefault("path");
        var name = TarHeader.Decode(path ?? described.Name ?? header.Name, path is null ? names : null);
        var type = header.Type;
        var isFolder = type is '5' or 'D' || (type is '0' or '\0' && name.EndsWith('/'));
        var isSparse = type == 'S' || described.Extensions.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal));
        var modifiedAt = ModifiedAt(header, described);
        // The header is not there any more afterwards.
        if (type == 'S' && header.HasMoreParts)
            SkipParts();
        // Links and folders have a size in some archives, but no content.
        _contentEnd = type is '1' or '2' or '3' or '4' or '5' or '6' ? _at : checked(_at + size);
        // Entries of the folder itself ("tar c .") begin with "./".
        while (name.StartsWith("./", StringComparison.Ordinal))
            name = name[2..].TrimStart('/');
        return new PackedEntry(new ArchivedFile(name.TrimEnd('/'), isFolder ? 0 : size, modifiedAt, isFolder || name is "" or "."))
        {
            Refusal = type switch
            {
                '1' or '2' => "It is a link.",
                '3' or '4' or '6' => "It is not a file.",
                _ when isSparse => "It is stored as a sparse file, which is not supported.",
                _ => null,
            },
        };
    }

    private static DateTimeOffset ModifiedAt(TarHeader header, Description described)
    {
        var seconds = described.Text("mtime") is { } text && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            ? exact
            : header.Modified;
        return seconds is >= -62_135_596_800 and < 253_402_300_800
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : DateTimeOffset.UnixEpoch;
    }

    private void SkipParts()
    {
        do
        {
            tar.ReadExactly(_block);
            _at += TarHeader.BlockBytes;
        }
        while (_block[504] != 0);
    }

    /// <summary>Reads a header; false at the end, behind which everything is read, too, as checks follow it.</summary>
    private bool TryReadBlock()
    {
        var read = tar.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        _at += read;
        _contentEnd = _at;
        if (read == _block.Length && TarHeader.IsHeader(_block))
            return true;
        if (read > 0 && (read < _block.Length || !TarHeader.IsEnd(_block)))
            throw new InvalidDataException("There is no header where one must be.");
        var rest = new byte[64 * 1024];
        while (!tar.CanSeek && tar.Read(rest) > 0)
        {
            // A compressed tar ends with a checksum.
        }
        return false;
    }

    private byte[] ReadText(long size, bool isPadded = false)
    {
        if (size is < 0 or > UnpackLimits.HeaderBytes)
            throw new InvalidDataException("A header is too long.");
        var text = new byte[size];
        tar.ReadExactly(text);
        _contentEnd = _at += size;
        Skip(Position);
        var end = isPadded ? -1 : text.AsSpan().IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }

    private void Skip(long target)
    {
        if (_at == target)
            return;
        if (tar.CanSeek)
        {
            tar.Seek(target - _at, SeekOrigin.Current);
            _at = target;
            return;
        }
        var buffer = new byte[(int)Math.Min(64 * 1024, target - _at)];
        while (_at < target)
        {
            var read = tar.Read(buffer, 0, (int)Math.Min(buffer.Length, target - _at));
            _at += read > 0 ? read : throw new EndOfStreamException("The archive ends in the middle of an entry.");
        }
    }

    private static long Padded(long position) => checked(position + TarHeader.BlockBytes - 1) / TarHeader.BlockBytes * TarHeader.BlockBytes;

    /// <summary>What headers in front of an entry's own say about it.</summary>
    private sealed class Description
    {
        public byte[]? Name { get; set; }

        public Dictionary<string, byte[]> Extensions { get; set; } = [];

        public string? Text(string key) => Extensions.TryGetValue(key, out var value) ? Encoding.UTF8.GetString(value) : null;

        public long? Number(string key) =>
            Text(key) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    /// <summary>The current entry's content.</summary>
    private sealed class Content(TarEntries entries) : ForwardStream
    {
        public override int Read(Span<byte> buffer) => entries.ReadContent(buffer);
    }

    private int ReadContent(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _contentEnd - _at);
        if (wanted == 0)
            return 0;
        var read = tar.Read(buffer[..wanted]);
        _at += read > 0 ? read : throw new EndOfStreamException("The archive ends in the middle of an entry.");
        return read;
    }
}
