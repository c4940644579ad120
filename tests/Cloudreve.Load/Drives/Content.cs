namespace Cloudreve.Load.Drives;

/// <summary>Bytes that can be made again from their number.</summary>
/// <param name="Id">The number; no two writes have the same.</param>
/// <param name="Size">Number of bytes.</param>
internal readonly record struct Content(int Id, int Size)
{
    public static Content Empty { get; } = new(0, 0);

    /// <summary>The bytes.</summary>
    public byte[] Bytes()
    {
        var bytes = new byte[Size];
        new Random(Id).NextBytes(bytes);
        return bytes;
    }

    public bool Is(byte[] bytes) => bytes.Length == Size && bytes.AsSpan().SequenceEqual(Bytes());

    public override string ToString() => $"#{Id}, {Size} bytes";
}
