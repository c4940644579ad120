using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Testing.Downloads;

/// <summary>A torrent of files in memory.</summary>
[SuppressMessage("Security", "CA5350", Justification = "The protocol requires it.")]
public sealed class Torrent
{
    private const int PieceLength = 16 * 1024;

    private readonly byte[] _info;

    /// <param name="files">Names, whose folders are separated by slashes, and contents.</param>
    public Torrent(string name, params (string Name, byte[] Content)[] files)
    {
        (Name, Files) = (name, files);
        var all = files.SelectMany(file => file.Content).ToArray();
        var pieces = all.Chunk(PieceLength).SelectMany(piece => SHA1.HashData(piece)).ToArray();
        _info =
        [
            .. Text("d5:filesl"),
            .. files.SelectMany(file => (byte[])
            [
                .. Text($"d6:lengthi{file.Content.Length}e4:pathl"), .. file.Name.Split('/').SelectMany(Encode), .. Text("ee"),
            ]),
            .. Text("e4:name"), .. Encode(name), .. Text($"12:piece lengthi{PieceLength}e6:pieces{pieces.Length}:"), .. pieces, .. Text("e"),
        ];
    }

    public string Name { get; }

    public IReadOnlyList<(string Name, byte[] Content)> Files { get; }

    public string Hash => Convert.ToHexStringLower(SHA1.HashData(_info));

    /// <summary>The torrent's file.</summary>
    /// <param name="tracker">The tracker.</param>
    /// <param name="further">Further entries, encoded, whose names come after "info".</param>
    public byte[] ToFile(string tracker, string further = "") =>
        [.. Text("d8:announce"), .. Encode(tracker), .. Text("4:info"), .. _info, .. Text(further), .. Text("e")];

    public string ToMagnet(string tracker) => $"magnet:?xt=urn:btih:{Hash}&dn={Uri.EscapeDataString(Name)}&tr={Uri.EscapeDataString(tracker)}";

    private static byte[] Encode(string text) => Text($"{Encoding.UTF8.GetByteCount(text)}:{text}");

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
