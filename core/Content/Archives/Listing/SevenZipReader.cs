using System.Buffers.Binary;
using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>Reads the fields of a 7z header (7zFormat.txt of the LZMA SDK). Anything unexpected makes the file invalid.</summary>
/// <param name="bytes">The header.</param>
/// <param name="work">Bounds what reading it costs.</param>
internal sealed class SevenZipReader(ReadOnlyMemory<byte> bytes, WorkBudget work)
{
    private const byte End = 0;

    private int _position;

    /// <summary>Number of bytes left.</summary>
    public int Rest => bytes.Length - _position;

    public byte ReadByte() => Take(1)[0];

    /// <summary>
    /// The number of the next section, 0 at the end. They are in ascending order, each once: a repeated section would
    /// have its items counted again and again.
    /// </summary>
    /// <param name="previous">The section before; 0 for the first.</param>
    public byte ReadSection(byte previous)
    {
        var section = ReadByte();
        return section == End || section > previous ? section : throw DirectoryLimits.NotListable();
    }

    /// <summary>A number of up to 64 bits, whose first byte indicates how many more follow.</summary>
    public long ReadNumber()
    {
        var first = ReadByte();
        ulong value = 0;
        for (var i = 0; i < 8; i++)
        {
            var mask = 0x80 >> i;
            if ((first & mask) == 0)
                return Check(value | ((ulong)(first & (mask - 1)) << (8 * i)));
            value |= (ulong)ReadByte() << (8 * i);
        }
        return Check(value);
    }

    /// <summary>A count of things that each take room in the header, or none at all but are bounded by it.</summary>
    public int ReadCount() => DirectoryLimits.CheckEntries(ReadNumber());

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Rest)
            throw DirectoryLimits.NotListable();
        work.Spend();
        _position += count;
        return bytes.Span.Slice(_position - count, count);
    }

    /// <summary>Counts steps over data in memory.</summary>
    public void Spend(long count) => work.Spend(count);

    public void Skip(long count) => Take(count > int.MaxValue ? int.MaxValue : (int)count);

    /// <summary>A reader of the next bytes alone.</summary>
    public SevenZipReader Slice(long count)
    {
        var start = _position;
        Skip(count);
        return new SevenZipReader(bytes[start.._position], work);
    }

    public bool[] ReadBits(int count)
    {
        var packed = Take((count + 7) / 8);
        work.Spend(count / 8);
        var bits = new bool[count];
        for (var i = 0; i < count; i++)
            bits[i] = (packed[i / 8] & (0x80 >> (i % 8))) != 0;
        return bits;
    }

    /// <summary>Bits after a byte that may say that all are set.</summary>
    public bool[] ReadOptionalBits(int count)
    {
        if (ReadByte() == 0)
            return ReadBits(count);
        work.Spend(count / 8);
        var bits = new bool[count];
        Array.Fill(bits, true);
        return bits;
    }

    private static long Check(ulong value) => value <= long.MaxValue ? (long)value : throw DirectoryLimits.NotListable();
}
