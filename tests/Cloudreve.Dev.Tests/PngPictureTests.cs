using System.Buffers.Binary;
using System.IO.Compression;
using Cloudreve.Dev.Demo;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class PngPictureTests
{
    [Fact]
    public void Given_a_size_when_drawn_then_header_and_pixels_have_that_size()
    {
        var picture = PngPicture.Gradient(30, 20, seed: 1);

        Assert.Equal(30, BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)));
        Assert.Equal(20, BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20)));
        Assert.Equal(20 * ((30 * 3) + 1), Pixels(picture).Length);
    }

    [Fact]
    public void Given_the_closing_chunk_when_written_then_its_checksum_is_that_of_the_specification() =>
        Assert.Equal(0xAE426082, BinaryPrimitives.ReadUInt32BigEndian(PngPicture.Gradient(1, 1, seed: 0).AsSpan()[^4..]));

    private static byte[] Pixels(byte[] picture)
    {
        // Signature (8), IHDR (25), then the length and the type of IDAT.
        var length = BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(33));
        using var unpacked = new ZLibStream(new MemoryStream(picture, 41, length), CompressionMode.Decompress);
        using var pixels = new MemoryStream();
        unpacked.CopyTo(pixels);
        return pixels.ToArray();
    }
}
