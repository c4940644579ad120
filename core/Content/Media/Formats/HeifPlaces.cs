using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.Media.Formats;

/// <summary>Reads where the items of a HEIF file are: its box <c>iloc</c> (ISO/IEC 14496-12, section 8.11.3).</summary>
/// <param name="box">The body of the box.</param>
/// <param name="work">Bounds the work.</param>
internal sealed class HeifPlaces(ReadOnlyMemory<byte> box, WorkBudget work)
{
    private int _at = 4;

    /// <summary>The first part of an item; null when the file has no such item, or keeps it elsewhere than in itself.</summary>
    /// <param name="item">The item's number.</param>
    public (long Start, long Length)? Find(uint item)
    {
        var version = (int)(box.Span[0] & 0x0F);
        if (version > 2 || Number(2) is not { } sizes)
            return null;
        // Four bits each: of offsets, lengths, the item's own offset, and indices, which version 0 does not have.
        var (offset, length, own, index) = ((int)(sizes >> 12) & 15, (int)(sizes >> 8) & 15, (int)(sizes >> 4) & 15, version == 0 ? 0 : (int)sizes & 15);
        var items = Number(version == 2 ? 4 : 2);
        for (long i = 0; i < items; i++, work.Spend())
        {
            var number = Number(version == 2 ? 4 : 2);
            var method = version == 0 ? 0 : Number(2) & 15;
            Number(2);
            var start = Number(own);
            if (Number(2) is not { } parts)
                return null;
            for (long part = 0; part < parts; part++, work.Spend())
            {
                Number(index);
                var (from, bytes) = (Number(offset), Number(length));
                if (start is null || from is null || bytes is null)
                    return null;
                if (part == 0 && number == item)
                    return method == 0 && start.Value + from.Value is >= 0 and var first ? (first, bytes.Value) : null;
            }
        }
        return null;
    }

    /// <summary>Reads a number of 0 to 8 bytes; null at the end of the box, and for one that no file can have.</summary>
    private long? Number(int bytes)
    {
        if (bytes > 8 || bytes > box.Length - _at)
            return null;
        ulong number = 0;
        foreach (var value in box.Span.Slice(_at, bytes))
            number = (number << 8) | value;
        _at += bytes;
        return number <= int.MaxValue ? (long)number : null;
    }
}
