using ImageMagick;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

/// <summary>Makes pictures.</summary>
internal static class Pictures
{
    /// <summary>A picture whose left half is red and whose right half is blue.</summary>
    public static byte[] RedAndBlue(MagickFormat format, uint width = 800, uint height = 400, Action<MagickImage>? change = null)
    {
        using var image = new MagickImage(MagickColors.Red, width, height);
        using var right = new MagickImage(MagickColors.Blue, width / 2, height);
        image.Composite(right, (int)(width / 2), 0, CompositeOperator.Over);
        change?.Invoke(image);
        return image.ToByteArray(format);
    }

    /// <summary>A PNG that says it is huge and is a few bytes long.</summary>
    public static byte[] Bomb(uint width, uint height)
    {
        var png = RedAndBlue(MagickFormat.Png, 4, 4);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(20), height);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc(png.AsSpan(12, 17)));
        return png;
    }

    /// <summary>A PNG with a colour profile of zeros, which is small when packed.</summary>
    public static byte[] WithProfile(int length)
    {
        var png = RedAndBlue(MagickFormat.Png, 40, 20);
        using var packed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(new byte[length]);
        byte[] body = [.. "iCCP"u8, .. "profile\0"u8, 0, .. packed.ToArray()];
        byte[] chunk = [.. new byte[4], .. body, .. new byte[4]];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(chunk, (uint)body.Length - 4);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc(body));
        // Behind the header.
        return [.. png[..33], .. chunk, .. png[33..]];
    }

    /// <summary>The colour of a point, as r, g, b.</summary>
    public static (byte R, byte G, byte B) ColorAt(byte[] picture, int x, int y)
    {
        using var image = new MagickImage(picture);
        var color = image.GetPixels().GetPixel(x, y).ToColor()!;
        return (color.R, color.G, color.B);
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
