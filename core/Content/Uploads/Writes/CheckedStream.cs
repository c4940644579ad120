using System.Security.Cryptography;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Content whose end can only be read if it has its stated checksum.</summary>
/// <param name="content">The content. It stays open.</param>
/// <param name="expected">The checksum.</param>
public sealed class CheckedStream(Stream content, ContentChecksum expected) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = expected.Begin();
    private bool _isChecked;

    /// <inheritdoc/>
    /// <exception cref="CloudreveException">40001: the content has another checksum.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await content.ReadAsync(buffer, cancellationToken);
        if (read > 0)
            _hash.AppendData(buffer.Span[..read]);
        else if (buffer.Length > 0)
            Check();
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Check()
    {
        if (_isChecked)
            return;
        _isChecked = true;
        if (!_hash.GetHashAndReset().AsSpan().SequenceEqual(expected.Value.Span))
            throw new CloudreveException(ErrorCode.BadParameter, "The content does not match its checksum.");
    }
}
