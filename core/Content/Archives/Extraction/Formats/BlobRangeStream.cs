using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>The blob could not be read for a reason that has nothing to do with its content.</summary>
internal sealed class BlobReadException(Exception inner) : IOException("A blob could not be read.", inner);

/// <summary>
/// A blob as a stream that can be positioned, for decoders, which read synchronously. A request reads on until another position is wanted; formats
/// that alternate between a few positions keep a request for each.
/// </summary>
/// <param name="openAsync">Opens the blob at a position.</param>
/// <param name="size">Its length in bytes.</param>
/// <param name="cancellationToken">Ends reading.</param>
internal sealed class BlobRangeStream(Func<long, CancellationToken, Task<Stream>> openAsync, long size, CancellationToken cancellationToken) : ForwardStream
{
    private const int BufferBytes = 128 * 1024;

    // Reading on is quicker than a new request.
    private const long WorthReading = 1 << 20;

    private const int MostRequests = 4;
    private const int Tries = 3;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly List<Request> _requests = [];
    private long _position;
    private long _bufferAt;
    private int _buffered;

    /// <summary>True if somebody has read at the end or behind it.</summary>
    public bool IsPastEnd { get; private set; }

    /// <summary>True if somebody has read across the end: what stood there was longer.</summary>
    public bool IsCut { get; private set; }

    public override bool CanSeek => true;

    public override long Length => size;

    public override long Position
    {
        get => _position;
        set => _position = value is >= 0 ? value : throw new InvalidDataException("The archive refers to a position before its start.");
    }

    /// <summary>Reads as many bytes as are wanted, up to the end: some decoders take a smaller number for the end.</summary>
    public override int Read(Span<byte> buffer)
    {
        // Decoders know no token, and what they unpack may be much.
        cancellationToken.ThrowIfCancellationRequested();
        var total = 0;
        while (total < buffer.Length && _position < size)
        {
            if (_position < _bufferAt || _position >= _bufferAt + _buffered)
                Fill();
            var at = (int)(_position - _bufferAt);
            var count = Math.Min(buffer.Length - total, _buffered - at);
            _buffer.AsSpan(at, count).CopyTo(buffer[total..]);
            _position += count;
            total += count;
        }
        if (total < buffer.Length)
            (IsPastEnd, IsCut) = (true, IsCut || total > 0 || _position > size);
        return total;
    }

    public override int ReadByte()
    {
        if (_position < _bufferAt || _position >= _bufferAt + _buffered)
            return base.ReadByte();
        return _buffer[_position++ - _bufferAt];
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => size + offset,
    };

    protected override void Dispose(bool disposing)
    {
        foreach (var request in _requests)
            request.Content.Dispose();
        _requests.Clear();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        _bufferAt = _position;
        _buffered = 0;
        for (var attempt = 1; ; attempt++)
        {
            Request? request = null;
            try
            {
                request = Find();
                ReadUpTo(request);
                _buffered = Wait(request.Content.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(BufferBytes, size - _position)), cancellationToken));
                if (_buffered == 0)
                    throw new EndOfStreamException("A blob ended early.");
                request.Position += _buffered;
                return;
            }
            catch (StorageNotFoundException e)
            {
                throw new CloudreveException(ErrorCode.BlobNotFound, "The archive's content does not exist.", e);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not (StorageException or CloudreveException))
            {
                Close(request);
                if (attempt == Tries)
                    throw new BlobReadException(e);
            }
        }
    }

    /// <summary>A request that is at the position or not far in front of it; the one that was used last is the last.</summary>
    private Request Find()
    {
        var request = _requests.FirstOrDefault(r => r.Position <= _position && _position - r.Position <= WorthReading);
        if (request is null)
        {
            if (_requests.Count == MostRequests)
                Close(_requests[0]);
            request = new Request(Wait(new ValueTask<Stream>(openAsync(_position, cancellationToken))), _position);
            _requests.Add(request);
            return request;
        }
        _requests.Remove(request);
        _requests.Add(request);
        return request;
    }

    private void ReadUpTo(Request request)
    {
        while (request.Position < _position)
        {
            var read = Wait(request.Content.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(BufferBytes, _position - request.Position)), cancellationToken));
            request.Position += read > 0 ? read : throw new EndOfStreamException("A blob ended early.");
        }
    }

    private void Close(Request? request)
    {
        if (request is null)
            return;
        _requests.Remove(request);
        request.Content.Dispose();
    }

    /// <summary>Decoders know no asynchronous streams, at least none that is right (LZMA); they have a thread that may wait.</summary>
    private static T Wait<T>(ValueTask<T> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

    private sealed class Request(Stream content, long position)
    {
        public Stream Content => content;

        public long Position { get; set; } = position;
    }
}
