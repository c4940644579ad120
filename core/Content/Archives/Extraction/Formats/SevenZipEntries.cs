using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.CompilerServices;
using Cloudreve.Core.Content.Archives.Listing;
using SharpCompress.Archives;
using SharpCompress.Archives.SevenZip;
using SharpCompress.Common.SevenZip;
using SharpCompress.Readers;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>
/// The entries of a 7z. Files that were packed together are unpacked once, in their order, up to the last one that is wanted; a run that continues
/// begins with those that its first file was packed with.
/// </summary>
internal sealed class SevenZipEntries : PackedEntries
{
    private const long ZstandardWindow = 128L << 20;

    // An accessor cannot name the type of a field that is not public.
    private static readonly FieldInfo s_database = typeof(SevenZipArchive).GetField("_database", BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new MissingFieldException(nameof(SevenZipArchive), "_database");

    private readonly Stream _blob;
    private readonly IReadOnlyList<ArchivedFile> _files;
    private readonly IReadOnlySet<int> _links;
    private readonly bool _hasPassword;
    private readonly IArchive _archive;
    private readonly List<SevenZipArchiveEntry> _entries;
    // Of each file, where it begins in what its folder unpacks to.
    private readonly long[] _offsets;
    private int _next;
    // The folder that is being unpacked, and how far.
    private object? _folder;
    private Stream? _unpacked;
    private long _at;
    // Why nothing more of the folder can be unpacked; null for none.
    private Exception? _damage;

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
        _offsets = Offsets();
    }

    public override bool AreIndependent => true;

    public override bool OutlivesDamage => true;

    public override IReadOnlyList<ArchivedFile> Known => _files;

    /// <summary>Checks whether the decoders of an archive stay within their memory.</summary>
    /// <exception cref="ArchiveRefusedException">They do not.</exception>
    public static void CheckMemory(SevenZipContents contents) =>
        UnpackLimits.CheckMemory(contents.Folders.Select(folder => folder.Coders.Sum(MemoryOf)).DefaultIfEmpty().Max());

    public override PackedEntry? Next()
    {
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

    public override Stream Open()
    {
        var index = _next - 1;
        var size = _files[index].Size;
        if (size == 0)
            return Stream.Null;
        var folder = FolderOf(PartOf(_entries[index])) ?? throw new InvalidDataException("A file has no packed content.");
        if (!ReferenceEquals(folder, _folder))
            Begin(folder);
        // What is behind the damage is not there, and other folders are whole.
        if (_damage is not null)
            throw _damage;
        Pass(_offsets[index] - _at);
        return new Part(this, size);
    }

    public override void Dispose()
    {
        _unpacked?.Dispose();
        _archive.Dispose();
        _blob.Dispose();
    }

    private long[] Offsets()
    {
        var offsets = new long[_files.Count];
        object? folder = null;
        long sum = 0;
        for (var i = 0; i < offsets.Length; i++)
        {
            if (FolderOf(PartOf(_entries[i])) is not { } own)
                continue;
            if (!ReferenceEquals(own, folder))
                (folder, sum) = (own, 0);
            offsets[i] = sum;
            sum = checked(sum + _files[i].Size);
        }
        return offsets;
    }

    /// <summary>Begins to unpack a folder. The library would do it anew for each file, up to the file.</summary>
    private void Begin(object folder)
    {
        _unpacked?.Dispose();
        (_folder, _unpacked, _at, _damage) = (folder, null, 0, null);
        var database = s_database.GetValue(_archive) ?? throw new InvalidDataException("The archive has no directory.");
        try
        {
            _unpacked = StreamOf(database, _blob, folder, PasswordOf(database));
        }
        catch (Exception e) when (DecoderErrors.IsOfContent(e))
        {
            _damage = e;
        }
    }

    /// <summary>Unpacks files that nobody wants.</summary>
    private void Pass(long count)
    {
        var buffer = new byte[(int)Math.Min(64 * 1024, count)];
        while (count > 0)
        {
            var read = Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)));
            count -= read > 0 ? read : throw new EndOfStreamException("A folder ends in front of a file.");
        }
    }

    private int Read(Span<byte> buffer)
    {
        try
        {
            var read = _unpacked!.Read(buffer);
            _at += read;
            return read;
        }
        catch (Exception e) when (DecoderErrors.IsOfContent(e))
        {
            _damage = e;
            throw;
        }
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

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_FilePart")]
    [return: UnsafeAccessorType("SharpCompress.Common.SevenZip.SevenZipFilePart, SharpCompress")]
    private static extern object PartOf(SevenZipEntry entry);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Folder")]
    [return: UnsafeAccessorType("SharpCompress.Common.SevenZip.CFolder, SharpCompress")]
    private static extern object? FolderOf([UnsafeAccessorType("SharpCompress.Common.SevenZip.SevenZipFilePart, SharpCompress")] object part);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_PasswordProvider")]
    [return: UnsafeAccessorType("SharpCompress.Compressors.LZMA.Utilities.IPasswordProvider, SharpCompress")]
    private static extern object PasswordOf([UnsafeAccessorType("SharpCompress.Common.SevenZip.ArchiveDatabase, SharpCompress")] object database);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "GetFolderStream")]
    private static extern Stream StreamOf(
        [UnsafeAccessorType("SharpCompress.Common.SevenZip.ArchiveDatabase, SharpCompress")] object database,
        Stream archive,
        [UnsafeAccessorType("SharpCompress.Common.SevenZip.CFolder, SharpCompress")] object folder,
        [UnsafeAccessorType("SharpCompress.Compressors.LZMA.Utilities.IPasswordProvider, SharpCompress")] object password);

    /// <summary>The content of the current file.</summary>
    private sealed class Part(SevenZipEntries entries, long size) : ForwardStream
    {
        private long _rest = size;

        public override int Read(Span<byte> buffer)
        {
            var wanted = (int)Math.Min(buffer.Length, _rest);
            if (wanted == 0)
                return 0;
            var read = entries.Read(buffer[..wanted]);
            _rest -= read;
            return read;
        }
    }
}
