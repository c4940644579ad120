using Cloudreve.Core.Infrastructure.Parsing;
using MetadataExtractor.Formats.Exif;
using MetadataExtractor.Formats.Tiff;
using MetadataExtractor.IO;
using Directory = MetadataExtractor.Directory;

namespace Cloudreve.Core.Content.Media.Formats;

/// <summary>
/// Takes from Exif data what the product shows. Directories may overlap and point to each other, and each tag may claim the whole file as its
/// value: every tag and pointer is counted, only known tags are read, and of makers' notes, of which there are dozens of kinds, nothing is.
/// </summary>
internal sealed class TiffTagReader : DirectoryTiffHandler, ITiffHandler
{
    /// <summary>Cameras write some hundred tags.</summary>
    private const int MostSteps = 20_000;

    private const int MostDirectories = 16;

    /// <summary>Longest value that is read, in bytes.</summary>
    private const int MostBytes = 4096;

    private const int BytesInStep = 64;

    private readonly IReadOnlySet<int> _known;
    private readonly WorkBudget _work;
    private int _directories = 1;

    private TiffTagReader(List<Directory> directories, IReadOnlySet<int> known, WorkBudget work)
        : base(directories)
    {
        (_known, _work) = (known, work);
        PushDirectory(new ExifIfd0Directory());
    }

    /// <summary>The maximum work for one picture.</summary>
    public static WorkBudget Work(CancellationToken cancellationToken) => new(MostSteps, ContentWindow.Damaged, cancellationToken);

    /// <summary>Reads the directories of the picture, its exposure and its place.</summary>
    /// <param name="exif">The Exif data.</param>
    /// <param name="known">The tags that are wanted; those of places are in any case.</param>
    /// <param name="directories">Gets the directories, also where the data turn out to be damaged.</param>
    /// <param name="work">Bounds the work.</param>
    /// <exception cref="MediaException">There is too much to look through.</exception>
    public static void Read(ReadOnlyMemory<byte> exif, IReadOnlySet<int> known, List<Directory> directories, WorkBudget work) =>
        TiffReader.ProcessTiff(new ByteArrayReader(exif.ToArray()), new TiffTagReader(directories, known, work));

    /// <inheritdoc/>
    public override void SetTiffMarker(int marker)
    {
        // Makers have markers of their own.
    }

    /// <inheritdoc/>
    public override bool TryEnterSubIfd(int tagType)
    {
        _work.Spend();
        Directory? directory = tagType switch
        {
            ExifIfd0Directory.TagExifSubIfdOffset when CurrentDirectory is ExifIfd0Directory => new ExifSubIfdDirectory(),
            ExifIfd0Directory.TagGpsInfoOffset when CurrentDirectory is ExifIfd0Directory => new GpsDirectory(),
            _ => null,
        };
        if (directory is null)
            return false;
        if (++_directories > MostDirectories)
            throw ContentWindow.Damaged();
        PushDirectory(directory);
        return true;
    }

    /// <inheritdoc/>
    public override bool HasFollowerIfd() => false;

    /// <inheritdoc/>
    public override bool CustomProcessTag(int tagOffset, ICollection<int> processedIfdOffsets, IndexedReader reader, int tagId, int byteCount)
    {
        _work.Spend();
        if (byteCount is < 0 or > MostBytes || !(CurrentDirectory is GpsDirectory || _known.Contains(tagId)))
            return true;
        _work.Spend(byteCount / BytesInStep);
        return false;
    }

    /// <inheritdoc/>
    public override bool TryCustomProcessFormat(int tagId, TiffDataFormatCode formatCode, uint componentCount, out long byteCount)
    {
        _work.Spend();
        byteCount = 0;
        return false;
    }

    /// <summary>Nobody reads what is wrong with a picture, and there may be any amount of it.</summary>
    void ITiffHandler.Warn(string message) => _work.Spend();

    void ITiffHandler.Error(string message) => _work.Spend();
}
