using Cloudreve.Core.Content.Archives.Listing;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>The only file inside a compressed one.</summary>
/// <param name="content">What the file unpacks to; owned.</param>
/// <param name="name">Its name.</param>
/// <param name="updatedAt">Its time: the compressed file's.</param>
/// <param name="isDone">True if an earlier run has extracted it.</param>
internal sealed class SingleEntry(Stream content, string name, DateTimeOffset updatedAt, bool isDone) : PackedEntries
{
    private bool _isPassed = isDone;

    public override PackedEntry? Next()
    {
        if (_isPassed)
            return null;
        _isPassed = true;
        return new PackedEntry(new ArchivedFile(name, 0, updatedAt, false)) { IsOpenEnded = true };
    }

    public override Stream Open() => content;

    public override void Dispose() => content.Dispose();
}
