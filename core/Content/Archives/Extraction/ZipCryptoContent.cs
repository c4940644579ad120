using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>Decrypts content by the original method of zips (APPNOTE 6.3, section 6.1), which protects little but is the most used.</summary>
/// <param name="content">The encrypted bytes behind the header; owned.</param>
/// <param name="keys">The keys, as the header left them.</param>
internal sealed class ZipCryptoContent(Stream content, ZipCryptoKeys keys) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await content.ReadAsync(buffer, cancellationToken);
        keys.Decrypt(buffer.Span[..read]);
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await base.DisposeAsync();
    }
}

/// <summary>The three keys of the original method.</summary>
internal sealed class ZipCryptoKeys
{
    /// <summary>Random bytes before the content, of which the last is known.</summary>
    public const int HeaderBytes = 12;

    private static readonly uint[] s_checksums = [.. Enumerable.Range(0, 256).Select(ChecksumOf)];

    private uint _first = 0x12345678;
    private uint _second = 0x23456789;
    private uint _third = 0x34567890;

    /// <summary>The keys of a password.</summary>
    /// <param name="password">The password in UTF-8.</param>
    public ZipCryptoKeys(ReadOnlySpan<byte> password)
    {
        foreach (var b in password)
            Update(b);
    }

    /// <summary>Decrypts the next bytes where they are.</summary>
    public void Decrypt(Span<byte> bytes)
    {
        unchecked
        {
            foreach (ref var b in bytes)
            {
                var mask = (_third & 0xffff) | 2;
                b ^= (byte)((mask * (mask ^ 1)) >> 8);
                Update(b);
            }
        }
    }

    private void Update(byte plain)
    {
        unchecked
        {
            _first = Append(_first, plain);
            _second = ((_second + (_first & 0xff)) * 134775813) + 1;
            _third = Append(_third, (byte)(_second >> 24));
        }
    }

    private static uint Append(uint checksum, byte next) => s_checksums[(checksum ^ next) & 0xff] ^ (checksum >> 8);

    private static uint ChecksumOf(int value)
    {
        var checksum = (uint)value;
        for (var bit = 0; bit < 8; bit++)
            checksum = (checksum & 1) != 0 ? 0xEDB88320 ^ (checksum >> 1) : checksum >> 1;
        return checksum;
    }
}
