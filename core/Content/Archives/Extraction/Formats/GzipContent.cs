using System.IO.Compression;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>
/// What a gzip file unpacks to. The framework's decoder takes a file that was cut off for one that ends, so a member with known content is put behind
/// the file: it comes out at the end only if all in front of it was whole.
/// </summary>
internal sealed class GzipContent : ForwardStream
{
    private static readonly byte[] s_mark = "cloudreve: the end of a file"u8.ToArray();
    private static readonly byte[] s_member = Member();

    private readonly Stream _input;
    private readonly GZipStream _gzip;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _isEnd;

    /// <param name="input">The file; owned.</param>
    public GzipContent(Stream input)
    {
        _input = input;
        _gzip = new GZipStream(new MarkedInput(input), CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer)
    {
        // The last bytes may be the mark.
        while (!_isEnd && _end - _start <= s_mark.Length)
            Fill();
        var count = Math.Min(buffer.Length, Math.Max(0, _end - _start - s_mark.Length));
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        if (count == 0 && buffer.Length > 0 && !_buffer.AsSpan(_start, _end - _start).SequenceEqual(s_mark))
            throw new EndOfStreamException("The file ends early.");
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
            _input.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var read = _gzip.Read(_buffer.AsSpan(_end));
        _end += read;
        _isEnd = read == 0;
    }

    private static byte[] Member()
    {
        using var member = new MemoryStream();
        using (var gzip = new GZipStream(member, CompressionLevel.NoCompression))
            gzip.Write(s_mark);
        return member.ToArray();
    }

    /// <summary>The file, and the member behind it.</summary>
    private sealed class MarkedInput(Stream input) : ForwardStream
    {
        private int _marked;

        public override int Read(Span<byte> buffer)
        {
            var read = _marked > 0 ? 0 : input.Read(buffer);
            if (read > 0 || buffer.Length == 0)
                return read;
            var count = Math.Min(buffer.Length, s_member.Length - _marked);
            s_member.AsSpan(_marked, count).CopyTo(buffer);
            _marked += count;
            return count;
        }
    }
}
