using System.Buffers.Binary;
using Cloudreve.Core.Content.Archives.Listing;
using SharpCompress.Archives;
using SharpCompress.Archives.SevenZip;
using SharpCompress.Readers;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>
/// The entries of a 7z. Files that were packed together are unpacked once, in their order; a run that continues begins with those that its first
/// file was packed with.
/// </summary>
internal sealed class SevenZipEntries : PackedEntries
{
    private const long ZstandardWindow = 128L << 20;

    private readonly Stream _blob;
    private readonly IReadOnlyList<ArchivedFile> _files;
    private readonly IReadOnlySet<int> _links;
    private readonly bool _hasPassword;
    private readonly IArchive _archive;
    private readonly List<SevenZipArchiveEntry> _entries;
    private int _next;
    private Stream? _open;

    /// <param name="blob">The archive; owned.</param>
    /// <param name="contents">Its directory, which was checked.</param>
    /// <param name="next">The index of the first wanted entry.</param>
    /// <param name="password">The password; empty for none.</param>
    public SevenZipEntries(Stream blob, SevenZipContents contents, int next, string password)
    {
        (_blob, _files, _links, _next, _hasPassword) = (blob, contents.Files, contents.Links, next, password.Length > 0);
        _archive = SevenZipArchive.OpenArchive(blob, new ReaderOptions { Password = _hasPassword ? password : null, LeaveStreamOpen = true });
        // The library has no entries for an archive without a header.
        _entries = _files.Count == 0 ? [] : [.. _archive.Entries.Cast<SevenZipArchiveEntry>()];
        if (_entries.Count != _files.Count)
            throw new InvalidDataException("Two readers of the directory do not agree.");
    }

    public override bool AreIndependent => true;

    public override IReadOnlyList<ArchivedFile> Known => _files;

    /// <summary>Checks whether the decoders of an archive stay within their memory.</summary>
    /// <exception cref="ArchiveRefusedException">They do not.</exception>
    public static void CheckMemory(SevenZipContents contents) =>
        UnpackLimits.CheckMemory(contents.Folders.Select(folder => folder.Coders.Sum(MemoryOf)).DefaultIfEmpty().Max());

    public override PackedEntry? Next()
    {
        // What was not read of a file stands in front of the next one.
        if (_open is not null)
        {
            var buffer = new byte[64 * 1024];
            while (_open.Read(buffer, 0, buffer.Length) > 0)
            {
            }
            _open = null;
        }
        if (_next >= _files.Count)
            return null;
        var (file, entry) = (_files[_next], _entries[_next]);
        _next++;
        return new PackedEntry(file)
        {
            Checksum = entry.Crc == 0 ? null : (uint)entry.Crc,
            Refusal = _links.Contains(_next - 1) ? "It is a link."
                : !file.IsDirectory && file.Size > 0 && !_hasPassword && entry.IsEncrypted ? "It is encrypted and needs a password."
                : entry.IsAnti ? "It only marks something as deleted."
                : null,
        };
    }

    public override Stream Open() => _open = _files[_next - 1].Size == 0 ? Stream.Null : _entries[_next - 1].OpenEntryStream();

    public override void Dispose()
    {
        _archive.Dispose();
        _blob.Dispose();
    }

    private static long MemoryOf(SevenZipCoder coder) => coder switch
    {
        { Method: 0x030101, Properties.Length: >= 5 } => BinaryPrimitives.ReadUInt32LittleEndian(coder.Properties.AsSpan(1)),
        { Method: 0x21, Properties: [<= 40 and var window] } => (2L | (window & 1L)) << ((window / 2) + 11),
        { Method: 0x21 } => long.MaxValue / SevenZipStreams.MaxCoders,
        { Method: 0x030401, Properties.Length: >= 5 } => BinaryPrimitives.ReadUInt32LittleEndian(coder.Properties.AsSpan(1)),
        { Method: 0x04F71101 } => ZstandardWindow,
        // Not memory, but no less of an attack.
        { Method: SevenZipCipher.Method } when !SevenZipCipher.IsPlausible(coder.Properties) => long.MaxValue / SevenZipStreams.MaxCoders,
        _ => 0,
    };
}
