using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>Picture blocks of FLAC (RFC 9639, section 8.8), which Ogg comments carry as well.</summary>
internal static class FlacCover
{
    private const int PictureBlock = 6;
    private const byte LastBlock = 0x80;

    /// <summary>The cover; null for none.</summary>
    /// <param name="content">A FLAC file.</param>
    /// <exception cref="MediaException">The file is damaged.</exception>
    public static async Task<ReadOnlyMemory<byte>?> FindAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        var choice = new CoverChoice();
        await foreach (var block in ReadBlocksAsync(content, PictureBlock, cancellationToken))
            Offer(choice, block);
        return choice.Picture;
    }

    /// <summary>Reads the metadata blocks of one type (RFC 9639, section 8).</summary>
    /// <param name="content">A FLAC file.</param>
    /// <exception cref="MediaException">The file is damaged.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadBlocksAsync(
        ContentWindow content, int type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long offset = 4;
        byte first;
        do
        {
            var header = (await content.ReadAsync(offset, 4, cancellationToken)).ToArray();
            first = header[0];
            var length = (header[1] << 16) | (header[2] << 8) | header[3];
            if ((first & ~LastBlock) == type)
                yield return await content.ReadAsync(offset + 4, length, cancellationToken);
            offset += 4 + length;
        }
        while ((first & LastBlock) == 0);
    }

    /// <summary>Offers the picture of a block: type, MIME type, description, four numbers, picture.</summary>
    /// <param name="choice">Takes it.</param>
    /// <param name="block">The block without its header.</param>
    public static void Offer(CoverChoice choice, ReadOnlyMemory<byte> block)
    {
        if (!TryTake(ref block, 4, out var type)
            || !TryTakeSized(ref block, out _)
            || !TryTakeSized(ref block, out _)
            || !TryTake(ref block, 16, out _)
            || !TryTakeSized(ref block, out var picture))
            return;
        choice.Offer(BinaryPrimitives.ReadInt32BigEndian(type.Span), picture);
    }

    private static bool TryTakeSized(ref ReadOnlyMemory<byte> block, out ReadOnlyMemory<byte> taken)
    {
        taken = default;
        return TryTake(ref block, 4, out var length) && TryTake(ref block, BinaryPrimitives.ReadUInt32BigEndian(length.Span), out taken);
    }

    private static bool TryTake(ref ReadOnlyMemory<byte> block, long length, out ReadOnlyMemory<byte> taken)
    {
        var fits = length <= block.Length;
        taken = fits ? block[..(int)length] : default;
        block = fits ? block[(int)length..] : default;
        return fits;
    }
}
