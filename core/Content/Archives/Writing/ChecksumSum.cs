namespace Cloudreve.Core.Content.Archives.Writing;

/// <summary>Joins CRC-32s of two stretches to that of both, by zlib's method: zeros are appended to the first by squaring a matrix over GF(2).</summary>
internal static class ChecksumSum
{
    private const int Bits = 32;
    private const uint Polynomial = 0xEDB88320;

    /// <summary>The CRC-32 of two adjacent stretches.</summary>
    /// <param name="first">The checksum of the first part.</param>
    /// <param name="second">The checksum of the second part.</param>
    /// <param name="length">Bytes of the second.</param>
    public static uint Of(uint first, uint second, long length)
    {
        if (length == 0)
            return first;
        // The operator for one zero bit; its square is that for twice as many.
        var odd = new uint[Bits];
        odd[0] = Polynomial;
        for (var i = 1; i < Bits; i++)
            odd[i] = 1u << (i - 1);
        var power = Square(Square(odd));
        var sum = first;
        for (; length != 0; length >>= 1)
        {
            power = Square(power);
            if ((length & 1) != 0)
                sum = Times(power, sum);
        }
        return sum ^ second;
    }

    private static uint Times(uint[] matrix, uint vector)
    {
        uint sum = 0;
        for (var i = 0; vector != 0; i++, vector >>= 1)
        {
            if ((vector & 1) != 0)
                sum ^= matrix[i];
        }
        return sum;
    }

    private static uint[] Square(uint[] matrix) => Array.ConvertAll(matrix, column => Times(matrix, column));
}
