using System.Buffers;
using System.Buffers.Binary;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Encryption;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// Writes a stretch of a blob as staged blocks, one of which is sent while the next is filled. Their ids name the run, so no run can
/// overwrite what another one wrote.
/// </summary>
/// <param name="container">The blob's container.</param>
/// <param name="name">The blob.</param>
/// <param name="blockSize">Bytes of a block.</param>
/// <param name="start">The position in the blob at which the stretch begins.</param>
/// <param name="cipher">Encrypts; null for a plain blob.</param>
internal sealed class BlockOutput(BlobContainer container, string name, string run, int blockSize, long start, CtrCipher? cipher) : Stream
{
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(blockSize);
    private byte[] _sending = ArrayPool<byte>.Shared.Rent(blockSize);
    private Task _sent = Task.CompletedTask;
    private int _filled;

    /// <summary>The run that writes.</summary>
    public string Run => run;

    /// <summary>Blocks that were begun.</summary>
    public int Blocks { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    /// <summary>The position in the blob of the next byte.</summary>
    public override long Position { get; set; } = start;

    /// <summary>The id of a block.</summary>
    /// <param name="run">The run that wrote it: 24 hexadecimal digits.</param>
    /// <param name="index">Its number among the run's.</param>
    public static string BlockId(string run, int index)
    {
        var id = new byte[16];
        Convert.FromHexString(run).CopyTo(id, 0);
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(12), index);
        return Convert.ToBase64String(id);
    }

    /// <summary>Draws the name of a run.</summary>
    public static string NewRun() => Guid.NewGuid().ToString("N")[..24];

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var count = Math.Min(buffer.Length, blockSize - _filled);
            buffer[..count].CopyTo(_filling.AsMemory(_filled));
            _filled += count;
            Position += count;
            buffer = buffer[count..];
            if (_filled == blockSize)
                await SendAsync(cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Sends the rest, and waits for all blocks.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_filled > 0)
            await SendAsync(cancellationToken);
        await _sent;
    }

    /// <summary>Bytes wait in the block until it is full.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        // A buffer must not be returned while it is being sent.
        await _sent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ArrayPool<byte>.Shared.Return(_filling);
        ArrayPool<byte>.Shared.Return(_sending);
        await base.DisposeAsync();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        cipher?.Apply(_filling.AsSpan(0, _filled), Position - _filled);
        await _sent;
        (_filling, _sending) = (_sending, _filling);
        var (length, index) = (_filled, Blocks++);
        _filled = 0;
        _sent = StageAsync(_sending, length, index, cancellationToken);
    }

    private async Task StageAsync(byte[] buffer, int length, int index, CancellationToken cancellationToken)
    {
        using var block = new MemoryStream(buffer, 0, length, writable: false);
        await container.StageBlockAsync(name, BlockId(run, index), block, cancellationToken);
    }
}
