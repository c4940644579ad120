using System.Security.Cryptography;
using Cloudreve.Core.Content.Archives.Extraction.Formats;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Blobs that decoders read by position.</summary>
public sealed class BlobRangeStreamTests
{
    private static readonly byte[] s_content = RandomNumberGenerator.GetBytes(1_000_000);

    [Fact]
    public void Given_a_connection_that_breaks_while_bytes_are_passed_over_when_more_is_read_then_another_one_is_used()
    {
        var opened = new List<long>();
        using var blob = new BlobRangeStream(
            (position, _) =>
            {
                opened.Add(position);
                return Task.FromResult<Stream>(opened.Count == 1 ? new BrokenStream(s_content[..200_000]) : new MemoryStream(s_content[(int)position..]));
            },
            s_content.Length,
            CancellationToken.None);
        var read = new byte[10];
        blob.ReadExactly(read);

        blob.Position = 600_000;
        blob.ReadExactly(read);

        Assert.Equal(s_content[600_000..600_010], read);
        Assert.Equal([0, 600_000], opened);
    }

    [Fact]
    public void Given_a_blob_that_cannot_be_read_when_it_is_read_then_it_is_tried_three_times_and_not_taken_for_damage()
    {
        var opened = 0;
        using var blob = new BlobRangeStream(
            (_, _) =>
            {
                opened++;
                return Task.FromResult<Stream>(new BrokenStream([]));
            },
            s_content.Length,
            CancellationToken.None);

        Assert.Throws<BlobReadException>(() => blob.ReadByte());

        Assert.Equal(3, opened);
    }

    /// <summary>A connection that breaks behind some bytes.</summary>
    private sealed class BrokenStream(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position == Length ? throw new IOException("The connection broke.") : base.ReadAsync(buffer, cancellationToken);
    }
}
