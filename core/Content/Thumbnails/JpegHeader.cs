using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Reads the coding of a JPEG from its header (ITU-T T.81, annex B).</summary>
internal static class JpegHeader
{
    private const byte BaselineFrame = 0xC0;
    private const byte ExtendedFrame = 0xC1;

    /// <summary>
    /// Checks whether the picture is coded from top to bottom, so that a decoder need not hold all of it. A progressive picture refines all of
    /// it several times.
    /// </summary>
    /// <param name="jpeg">The file.</param>
    public static bool IsSequential(ReadOnlySpan<byte> jpeg)
    {
        for (var at = 2; at + 4 <= jpeg.Length && jpeg[at] == 0xFF;)
        {
            var marker = jpeg[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }
            // C4, C8 and CC are in the range of frames, but are none.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                return marker is BaselineFrame or ExtendedFrame;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]);
        }
        return false;
    }
}
