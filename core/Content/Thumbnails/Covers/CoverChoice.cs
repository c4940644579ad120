namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>The choice of a cover among several pictures: the one marked as such, otherwise the first.</summary>
internal sealed class CoverChoice
{
    // From the list of picture types that ID3v2 defined and FLAC adopted.
    private const int FrontCover = 3;

    private bool _isFront;

    /// <summary>The cover so far; null for none.</summary>
    public ReadOnlyMemory<byte>? Picture { get; private set; }

    /// <summary>Offers a picture.</summary>
    /// <param name="type">The type of the shown entry.</param>
    /// <param name="picture">The encoded picture.</param>
    public void Offer(int type, ReadOnlyMemory<byte> picture)
    {
        if (picture.IsEmpty || _isFront || (Picture is not null && type != FrontCover))
            return;
        (Picture, _isFront) = (picture, type == FrontCover);
    }
}
