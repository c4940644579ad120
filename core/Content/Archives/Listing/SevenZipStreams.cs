namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>The locations of the packed streams of a 7z, and what they unpack to.</summary>
internal sealed class SevenZipStreams
{
    private const byte End = 0x00;
    public const int MaxCoders = 32;

    private SevenZipStreams()
    {
    }

    /// <summary>The offset of the first packed stream from the end of the signature.</summary>
    public long PackPosition { get; private set; }

    /// <summary>Bytes of each packed stream.</summary>
    public IReadOnlyList<long> PackSizes { get; private set; } = [];

    /// <summary>Files that are packed together.</summary>
    public IReadOnlyList<SevenZipFolder> Folders { get; private set; } = [];

    /// <summary>Bytes of each file that has content.</summary>
    public IReadOnlyList<long> FileSizes { get; private set; } = [];

    public static SevenZipStreams Parse(SevenZipReader header)
    {
        var streams = new SevenZipStreams();
        var hasFiles = false;
        for (var type = header.ReadSection(End); type != End; type = header.ReadSection(type))
        {
            switch (type)
            {
                case 0x06:
                    streams.ReadPacked(header);
                    break;
                case 0x07:
                    streams.ReadFolders(header);
                    break;
                case 0x08:
                    streams.ReadFiles(header);
                    hasFiles = true;
                    break;
                default:
                    throw DirectoryLimits.NotListable();
            }
        }
        if (!hasFiles)
            streams.FileSizes = [.. streams.Folders.Select(f => f.Size)];
        return streams;
    }

    private void ReadPacked(SevenZipReader header)
    {
        PackPosition = header.ReadNumber();
        var count = header.ReadCount();
        for (var type = header.ReadSection(End); type != End; type = header.ReadSection(type))
        {
            if (type == 0x09)
                PackSizes = ReadNumbers(header, count);
            else if (type == 0x0A)
                SkipChecksums(header, count);
            else
                throw DirectoryLimits.NotListable();
        }
    }

    private void ReadFolders(SevenZipReader header)
    {
        Expect(header, 0x0B);
        var count = header.ReadCount();
        Expect(header, 0);
        var folders = new List<SevenZipFolder>();
        for (var i = 0; i < count; i++)
            folders.Add(ReadFolder(header));
        Expect(header, 0x0C);
        foreach (var folder in folders)
            folder.UnpackSizes = ReadNumbers(header, folder.Coders.Sum(c => c.Outputs));
        for (var type = header.ReadSection(End); type != End; type = header.ReadSection(type))
        {
            if (type != 0x0A)
                throw DirectoryLimits.NotListable();
            var isDefined = SkipChecksums(header, count);
            for (var i = 0; i < count; i++)
                folders[i].HasChecksum = isDefined[i];
        }
        Folders = folders;
    }

    private static SevenZipFolder ReadFolder(SevenZipReader header)
    {
        var count = header.ReadNumber();
        if (count is 0 or > MaxCoders)
            throw DirectoryLimits.NotListable();
        var coders = new List<SevenZipCoder>();
        for (var i = 0; i < count; i++)
            coders.Add(ReadCoder(header));
        var (inputs, outputs) = (coders.Sum(c => c.Inputs), coders.Sum(c => c.Outputs));
        var bound = new HashSet<long>();
        for (var i = 0; i < outputs - 1; i++)
        {
            header.ReadNumber();
            bound.Add(header.ReadNumber());
        }
        var packed = inputs - (outputs - 1);
        if (packed > 1)
            ReadNumbers(header, packed);
        var main = Enumerable.Range(0, outputs).FirstOrDefault(o => !bound.Contains(o), -1);
        return main < 0 ? throw DirectoryLimits.NotListable() : new SevenZipFolder(coders) { MainOutput = main };
    }

    private static SevenZipCoder ReadCoder(SevenZipReader header)
    {
        var flags = header.ReadByte();
        long method = 0;
        foreach (var b in header.Take(flags & 0x0F))
            method = (method << 8) | b;
        var (inputs, outputs) = (flags & 0x10) == 0 ? (1, 1) : (ReadSmall(header), ReadSmall(header));
        var properties = (flags & 0x20) == 0 ? [] : header.Take(DirectoryLimits.CheckBytes(header.ReadNumber())).ToArray();
        // Bit 7 announced alternatives in early drafts only.
        return (flags & 0x80) == 0 ? new SevenZipCoder(method, inputs, outputs, properties) : throw DirectoryLimits.NotListable();
    }

    private void ReadFiles(SevenZipReader header)
    {
        var type = header.ReadByte();
        if (type == 0x0D)
        {
            foreach (var folder in Folders)
                folder.Files = header.ReadCount();
            type = header.ReadByte();
        }
        header.Spend(DirectoryLimits.CheckEntries(Folders.Sum(f => (long)f.Files)));
        var sizes = new List<long>();
        foreach (var folder in Folders.Where(f => f.Files > 0))
        {
            // The last one is the remainder.
            long sum = 0;
            for (var i = 1; i < folder.Files; i++)
            {
                var size = type == 0x09 ? header.ReadNumber() : 0;
                sizes.Add(size);
                sum = checked(sum + size) <= folder.Size ? sum + size : throw DirectoryLimits.NotListable();
            }
            sizes.Add(folder.Size - sum);
        }
        if (type == 0x09)
            type = header.ReadByte();
        if (type == 0x0A)
        {
            SkipChecksums(header, Folders.Where(f => f.Files != 1 || !f.HasChecksum).Sum(f => f.Files));
            type = header.ReadByte();
        }
        if (type != End)
            throw DirectoryLimits.NotListable();
        FileSizes = sizes;
    }

    private static int ReadSmall(SevenZipReader header) =>
        header.ReadNumber() is >= 0 and <= MaxCoders and var number ? (int)number : throw DirectoryLimits.NotListable();

    private static long[] ReadNumbers(SevenZipReader header, int count)
    {
        if (count > header.Rest)
            throw DirectoryLimits.NotListable();
        var numbers = new long[count];
        for (var i = 0; i < count; i++)
            numbers[i] = header.ReadNumber();
        return numbers;
    }

    private static bool[] SkipChecksums(SevenZipReader header, int count)
    {
        var isDefined = header.ReadOptionalBits(count);
        header.Skip(4L * isDefined.Count(d => d));
        return isDefined;
    }

    private static void Expect(SevenZipReader header, byte value)
    {
        if (header.ReadByte() != value)
            throw DirectoryLimits.NotListable();
    }
}
