using System.IO.Compression;
using Cloudreve.Core.Content.Archives.Writing;
using SharpCompress.Compressors.ZStandard;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>Writes the records of one form of archives.</summary>
internal abstract class SegmentOutput : IAsyncDisposable
{
    /// <summary>Where headers and contents go.</summary>
    public abstract Stream Content { get; }

    /// <summary>True if contents may be deflated one by one.</summary>
    public abstract bool DeflatesFiles { get; }

    /// <summary>Opens the output of a segment in a form.</summary>
    /// <param name="form">The form.</param>
    /// <param name="output">The blob; not owned.</param>
    public static SegmentOutput Open(ArchiveForm form, Stream output) => form switch
    {
        ArchiveForm.TarGzip or ArchiveForm.TarZstandard => new TarOutput(form, output),
        _ => new ZipOutput(output, form == ArchiveForm.Zip),
    };

    /// <summary>What follows the last segment, and the parts of the directory if there are any.</summary>
    /// <param name="form">The form.</param>
    /// <param name="state">The progress of the archive, of which all segments are written.</param>
    public static byte[] EndOf(ArchiveForm form, ArchiveState state)
    {
        if (form is not (ArchiveForm.TarGzip or ArchiveForm.TarZstandard))
            return ZipRecords.End(state.Entries, state.Position, state.DirectoryBytes);
        using var end = new MemoryStream();
        using (var compressor = TarOutput.Compress(form, end))
            compressor.Write(TarRecords.End());
        return end.ToArray();
    }

    /// <summary>The header before the content of an entry.</summary>
    public abstract byte[] Header(ZipEntry entry);

    /// <summary>What follows the content of a file.</summary>
    public abstract byte[] Trailer(ZipEntry entry);

    /// <summary>The entry in the directory; none where there is no directory.</summary>
    public abstract byte[] DirectoryHeader(ZipEntry entry);

    /// <summary>Ends the segment.</summary>
    public abstract Task CompleteAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    private sealed class ZipOutput(Stream output, bool deflatesFiles) : SegmentOutput
    {
        public override Stream Content => output;

        public override bool DeflatesFiles => deflatesFiles;

        public override byte[] Header(ZipEntry entry) => ZipRecords.LocalHeader(entry);

        public override byte[] Trailer(ZipEntry entry) => ZipRecords.Descriptor(entry);

        public override byte[] DirectoryHeader(ZipEntry entry) => ZipRecords.DirectoryHeader(entry);

        public override Task CompleteAsync() => Task.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Each segment is a member of gzip or a frame of Zstandard: what follows each other unpacks to the whole.</summary>
    private sealed class TarOutput : SegmentOutput
    {
        private readonly DetachableStream _packed;
        private readonly Stream _compressor;

        public TarOutput(ArchiveForm form, Stream output)
        {
            _packed = new DetachableStream(output);
            _compressor = Compress(form, _packed);
        }

        public override Stream Content => _compressor;

        public override bool DeflatesFiles => false;

        public static Stream Compress(ArchiveForm form, Stream output) => form == ArchiveForm.TarGzip
            ? new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true)
            : new CompressionStream(output);

        public override byte[] Header(ZipEntry entry) => TarRecords.Header(entry.Name, entry.Modified, entry.Size);

        public override byte[] Trailer(ZipEntry entry) => new byte[TarRecords.PaddingOf(entry.Size)];

        public override byte[] DirectoryHeader(ZipEntry entry) => [];

        public override async Task CompleteAsync()
        {
            await _compressor.DisposeAsync();
            _packed.IsDetached = true;
        }

        public override async ValueTask DisposeAsync()
        {
            // Anything that an unfinished compressor writes now must not reach the archive.
            _packed.IsDetached = true;
            await _compressor.DisposeAsync();
            await _packed.DisposeAsync();
        }
    }
}
