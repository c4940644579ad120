using Lucene.Net.Store;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>The files of a pack in memory, as the library wants to read them. Nothing can be written.</summary>
/// <param name="bytes">The pack.</param>
/// <param name="files">Where its files are.</param>
internal sealed class PackDirectory(byte[] bytes, IReadOnlyDictionary<string, (int Offset, int Length)> files) : BaseDirectory
{
    /// <inheritdoc/>
    public override string[] ListAll() => [.. files.Keys];

    /// <inheritdoc/>
    [Obsolete("The library is about to remove it.")]
    public override bool FileExists(string name) => files.ContainsKey(name);

    /// <inheritdoc/>
    public override long FileLength(string name) => Find(name).Length;

    /// <inheritdoc/>
    public override IndexInput OpenInput(string name, IOContext context)
    {
        var (offset, length) = Find(name);
        return new Input(name, bytes.AsMemory(offset, length));
    }

    /// <inheritdoc/>
    public override IndexOutput CreateOutput(string name, IOContext context) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void DeleteFile(string name) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Sync(ICollection<string> names) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Nothing but memory is held.
    }

    private (int Offset, int Length) Find(string name) => files.TryGetValue(name, out var file) ? file : throw new FileNotFoundException(name);

    private sealed class Input(string name, ReadOnlyMemory<byte> content) : IndexInput(name)
    {
        private int _position;

        public override long Position => _position;

        public override long Length => content.Length;

        public override byte ReadByte() => _position < content.Length ? content.Span[_position++] : throw new EndOfStreamException();

        public override void ReadBytes(byte[] b, int offset, int len)
        {
            if (len > content.Length - _position)
                throw new EndOfStreamException();
            content.Span.Slice(_position, len).CopyTo(b.AsSpan(offset));
            _position += len;
        }

        public override void Seek(long pos) => _position = (int)pos;

        protected override void Dispose(bool disposing)
        {
            // Nothing but memory is held.
        }
    }
}
