namespace Cloudreve.Core.Tests.Content.Archives;

/// <summary>A stream of any length in memory: long runs of zeros take no room.</summary>
internal sealed class SparseStream : Stream
{
    private readonly List<(long Start, int Length, byte[]? Bytes)> _parts = [];
    private long _length;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get; set; }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _parts.Add((_length, buffer.Length, buffer.ContainsAnyExcept((byte)0) ? buffer.ToArray() : null));
        Position = _length += buffer.Length;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (Position >= _length)
            return 0;
        var index = _parts.BinarySearch((Position, 0, null), Comparer<(long Start, int, byte[]?)>.Create((x, y) => x.Start.CompareTo(y.Start)));
        var part = _parts[index < 0 ? ~index - 1 : index];
        var from = (int)(Position - part.Start);
        var read = Math.Min(count, part.Length - from);
        if (part.Bytes is null)
            buffer.AsSpan(offset, read).Clear();
        else
            part.Bytes.AsSpan(from, read).CopyTo(buffer.AsSpan(offset));
        Position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => _length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>A stream of zeros.</summary>
internal sealed class ZeroStream(long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = (int)Math.Min(count, length - _position);
        buffer.AsSpan(offset, read).Clear();
        _position += read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
