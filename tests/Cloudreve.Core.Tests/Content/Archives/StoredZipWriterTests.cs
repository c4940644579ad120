using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Cloudreve.Core.Content.Archives.Writing;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Archives;

public sealed class StoredZipWriterTests
{
    private static readonly DateTimeOffset Modified = new(2026, 3, 4, 5, 6, 8, TimeSpan.Zero);

    [Fact]
    public async Task Given_files_and_folders_when_they_are_written_then_another_reader_finds_them()
    {
        using var output = new MemoryStream();
        var zip = new StoredZipWriter(output);
        await zip.AddFolderAsync("dir", Modified);
        await zip.AddFileAsync("dir/文件 😀.txt", Modified, new MemoryStream("hello"u8.ToArray()), 5);
        await zip.AddFileAsync("empty", new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero), Stream.Null, 0);
        await zip.FinishAsync();

        output.Position = 0;
        using var read = new ZipArchive(output);
        Assert.Equal(["dir/", "dir/文件 😀.txt", "empty"], read.Entries.Select(e => e.FullName));
        Assert.Equal("hello", await ReadAsync(read.Entries[1]));
        Assert.Equal(Modified.DateTime, read.Entries[1].LastWriteTime.DateTime);
        Assert.Equal(1980, read.Entries[2].LastWriteTime.Year);
        Assert.Equal(0x3610A686u, read.Entries[1].Crc32);
    }

    [Fact]
    public async Task Given_nothing_when_a_zip_is_finished_then_it_is_an_empty_one()
    {
        using var output = new MemoryStream();
        await new StoredZipWriter(output).FinishAsync();

        Assert.Equal(22, output.Length);
        output.Position = 0;
        using var read = new ZipArchive(output);
        Assert.Empty(read.Entries);
    }

    [Fact]
    public async Task Given_content_beyond_four_gigabytes_when_it_is_written_then_sizes_and_offsets_are_right()
    {
        const long Large = (1L << 32) + 5;
        using var output = new SparseStream();
        var zip = new StoredZipWriter(output);
        await zip.AddFileAsync("large", Modified, new ZeroStream(Large), Large);
        await zip.AddFileAsync("behind", Modified, new MemoryStream("behind"u8.ToArray()), 6);
        await zip.FinishAsync();

        output.Position = 0;
        using var read = new ZipArchive(output);
        Assert.Equal(Large, read.Entries[0].Length);
        Assert.Equal("behind", await ReadAsync(read.Entries[1]));
        await using var content = await read.Entries[0].OpenAsync();
        Assert.Equal(Large, await CountAsync(content));
    }

    [Fact]
    public async Task Given_more_entries_than_16_bits_count_when_they_are_written_then_all_are_found()
    {
        using var output = new MemoryStream();
        var zip = new StoredZipWriter(output);
        for (var i = 0; i < 66_000; i++)
            await zip.AddFileAsync(i.ToString(CultureInfo.InvariantCulture), Modified, Stream.Null, 0);
        await zip.FinishAsync();

        output.Position = 0;
        using var read = new ZipArchive(output);
        Assert.Equal(66_000, read.Entries.Count);
        Assert.Equal("65999", read.Entries[^1].FullName);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_content_that_breaks_off_when_it_is_written_then_it_alone_is_damaged(bool fails)
    {
        using var output = new MemoryStream();
        var zip = new StoredZipWriter(output);
        await using Stream content = fails ? new FailingStream([1, 2, 3]) : new MemoryStream([1, 2, 3]);

        Assert.False(await zip.AddFileAsync("a", Modified, content, 300_000));
        Assert.True(await zip.AddFileAsync("b", Modified, new MemoryStream("b"u8.ToArray()), 1));
        await zip.FinishAsync();

        using var read = new ZipArchive(output);
        Assert.Equal("b", await ReadAsync(read.GetEntry("b")!));
        var damaged = new byte[300_000];
        (damaged[0], damaged[1], damaged[2]) = (1, 2, 3);
        Assert.Equal(300_000, read.GetEntry("a")!.Length);
        Assert.NotEqual(Crc32.HashToUInt32(damaged), read.GetEntry("a")!.Crc32);
    }

    private static async Task<string> ReadAsync(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(await entry.OpenAsync(), Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private static async Task<long> CountAsync(Stream content)
    {
        var buffer = new byte[1 << 20];
        var count = 0L;
        while (await content.ReadAsync(buffer) is > 0 and var read)
            count += read;
        return count;
    }

    private sealed class FailingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new IOException("The connection was reset.");
        }
    }
}
