using System.IO.Compression;
using System.Text;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Archives.Writing;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Parsing;
using SharpCompress.Common;
using SharpCompress.Writers.SevenZip;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Archives;

public sealed class ArchiveDirectoryTests
{
    private static readonly DateTimeOffset Modified = new(2026, 3, 4, 5, 6, 8, TimeSpan.Zero);
    private int _reads;

    [Fact]
    public async Task Given_a_zip_when_it_is_listed_then_names_sizes_times_and_folders_are_right_in_one_read()
    {
        var files = await ReadZipAsync(Zip(Encoding.UTF8, ("dir/", 0), ("dir/文件.txt", 5), ("b", 100_000)));

        Assert.Equal(["dir", "dir/文件.txt", "b"], files.Select(f => f.Name));
        Assert.Equal([0, 5, 100_000], files.Select(f => f.Size));
        Assert.Equal([true, false, false], files.Select(f => f.IsDirectory));
        Assert.All(files, f => Assert.Equal(Modified, f.UpdatedAt));
        Assert.Equal(1, _reads);
    }

    [Theory]
    [InlineData("gbk", 936, "文件.txt")]
    [InlineData("shiftjis", 932, "ファイル")]
    [InlineData("windows1251", 1251, "файл")]
    [InlineData("ibm866", 866, "файл")]
    [InlineData("euckr", 51949, "파일")]
    [InlineData("big5", 950, "檔案")]
    [InlineData("koi8u", 21866, "файл")]
    [InlineData("iso8859_2", 28592, "łódź")]
    public async Task Given_names_in_an_encoding_when_it_is_told_then_they_are_read_right(string encoding, int page, string name)
    {
        var files = await ReadZipAsync(Zip(CodePagesEncodingProvider.Instance.GetEncoding(page)!, (name, 1)), encoding);

        Assert.Equal(name, Assert.Single(files).Name);
    }

    [Theory]
    [InlineData("iso8859_10", 0xA1, 'Ą')]
    [InlineData("iso8859_10", 0xFF, 'ĸ')]
    [InlineData("iso8859_14", 0xA1, 'Ḃ')]
    [InlineData("iso8859_14", 0xD0, 'Ŵ')]
    [InlineData("iso8859_16", 0xA4, '€')]
    [InlineData("iso8859_16", 0xFE, 'ț')]
    [InlineData("utf16be", 0, '文')]
    [InlineData("utf16le", 0, '文')]
    public void Given_an_encoding_when_a_character_is_decoded_then_it_is_the_standards(string encoding, int value, char expected)
    {
        var bytes = encoding switch
        {
            "utf16be" => Encoding.BigEndianUnicode.GetBytes([expected]),
            "utf16le" => Encoding.Unicode.GetBytes([expected]),
            _ => [(byte)value],
        };

        Assert.Equal(expected.ToString(), NameEncoding.Of(encoding).Decode(bytes));
    }

    [Fact]
    public void Given_every_encoding_of_the_contract_when_requested_then_it_is_known_and_others_are_not()
    {
        string[] names =
        [
            "ibm866", .. Enumerable.Range(2, 15).Except([12]).Select(i => $"iso8859_{i}"), "koi8r", "koi8u", "macintosh", "windows874",
            .. Enumerable.Range(1250, 9).Select(i => $"windows{i}"), "macintoshcyrillic", "gbk", "gb18030", "big5", "eucjp", "iso2022jp", "shiftjis", "euckr",
            "utf16be", "utf16le",
        ];

        foreach (var name in names)
            Assert.Equal("a", NameEncoding.Of(name).Decode(name.StartsWith("utf16", StringComparison.Ordinal) ? (name == "utf16be" ? [0, 97] : [97, 0]) : [97]));
        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => NameEncoding.Of("klingon")).Code);
    }

    [Fact]
    public async Task Given_names_of_no_known_encoding_when_none_is_told_then_utf8_counts_where_it_is_valid()
    {
        Assert.Equal("né", Assert.Single(await ReadZipAsync(Unmarked(Zip(Encoding.UTF8, ("né", 1))))).Name);
        Assert.Equal("né", Assert.Single(await ReadZipAsync(Zip(CodePagesEncodingProvider.Instance.GetEncoding(437)!, ("né", 1)))).Name);
    }

    [Fact]
    public async Task Given_bytes_before_and_a_comment_after_when_a_zip_is_listed_then_it_is_found()
    {
        byte[] zip;
        using (var output = new MemoryStream())
        {
            using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
            {
                archive.Comment = "PK\u0005\u0006 " + new string('x', 5_000);
                archive.CreateEntry("a");
            }
            zip = output.ToArray();
        }

        Assert.Equal("a", Assert.Single(await ReadZipAsync([.. new byte[1_000], .. zip])).Name);
    }

    [Fact]
    public async Task Given_a_large_zip64_when_it_is_listed_then_its_directory_alone_is_read()
    {
        using var output = new SparseStream();
        var writer = new StoredZipWriter(output);
        await writer.AddFileAsync("large", Modified, new ZeroStream((1L << 32) + 5), (1L << 32) + 5);
        for (var i = 0; i < 66_000; i++)
            await writer.AddFolderAsync($"d{i}", Modified);
        await writer.FinishAsync();
        var bytes = 0L;

        var files = await ZipDirectory.ReadAsync(
            (offset, length, _) =>
            {
                bytes += length;
                output.Position = offset;
                var part = new byte[length];
                output.ReadExactly(part);
                return Task.FromResult(part);
            },
            output.Length, NameEncoding.Of(null), Work(), TestContext.Current.CancellationToken);

        Assert.Equal(66_001, files.Count);
        Assert.Equal((1L << 32) + 5, files[0].Size);
        Assert.Equal("d65999", files[^1].Name);
        Assert.InRange(bytes, 1, 8_000_000);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 2)]
    public async Task Given_a_7z_when_it_is_listed_then_its_entries_are_right_without_reading_the_content(bool packsHeader, int reads)
    {
        var archive = SevenZip(packsHeader, ("dir", -1), ("dir/文件.txt", 5), ("empty", 0), ("b", 100_000));

        var files = await ReadSevenZipAsync(archive);

        Assert.Equal(["dir", "dir/文件.txt", "empty", "b"], files.OrderBy(f => f.Name == "b").ThenBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Name));
        var byName = files.ToDictionary(f => f.Name);
        Assert.True(byName["dir"].IsDirectory);
        Assert.False(byName["empty"].IsDirectory);
        Assert.Equal(5, byName["dir/文件.txt"].Size);
        Assert.Equal(100_000, byName["b"].Size);
        Assert.Equal(Modified, byName["b"].UpdatedAt);
        Assert.Equal(reads, _reads);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(70_000)]
    public async Task Given_something_else_when_it_is_listed_then_it_is_refused(int size)
    {
        var error = await Assert.ThrowsAsync<CloudreveException>(() => ReadZipAsync(new byte[size]));

        Assert.Equal(ErrorCode.NoPermission, error.Code);
    }

    [Fact]
    public async Task Given_damaged_archives_when_they_are_listed_then_nothing_but_documented_errors_comes()
    {
        var random = new Random(20261123);
        byte[][] archives =
        [
            Zip(Encoding.UTF8, ("dir/", 0), ("a", 5)), SevenZip(packsHeader: true, ("a", 5), ("b", 7)), SevenZip(packsHeader: false, ("a", 5), ("dir", -1), ("b", 0)),
        ];
        for (var i = 0; i < 6_000; i++)
        {
            var damaged = (byte[])archives[i % archives.Length].Clone();
            for (var n = random.Next(1, 6); n > 0; n--)
                damaged[random.Next(damaged.Length)] = (byte)(random.Next(3) == 0 ? 0xff : random.Next(256));
            if (random.Next(5) == 0)
                damaged = damaged[..random.Next(damaged.Length)];
            try
            {
                await (SevenZipDirectory.IsArchive(damaged) ? ReadSevenZipAsync(damaged) : ReadZipAsync(damaged));
            }
            catch (CloudreveException e)
            {
                Assert.True(e.Code is ErrorCode.NoPermission or ErrorCode.FileTooLarge);
            }
        }
    }

    private Task<IReadOnlyList<ArchivedFile>> ReadZipAsync(byte[] archive, string? encoding = null) =>
        ZipDirectory.ReadAsync(Part(archive), archive.Length, NameEncoding.Of(encoding), Work(), TestContext.Current.CancellationToken);

    private Task<IReadOnlyList<ArchivedFile>> ReadSevenZipAsync(byte[] archive)
    {
        _reads++;
        return SevenZipDirectory.ReadAsync(archive[..Math.Min(32, archive.Length)], Part(archive), archive.Length, Work(), TestContext.Current.CancellationToken);
    }

    private static WorkBudget Work() => DirectoryLimits.Work(TestContext.Current.CancellationToken);

    private ReadPart Part(byte[] archive) => (offset, length, _) =>
    {
        _reads++;
        return Task.FromResult(archive.AsSpan((int)offset, length).ToArray());
    };

    private static byte[] Zip(Encoding encoding, params (string Name, int Size)[] entries)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true, encoding))
        {
            foreach (var (name, size) in entries)
            {
                var entry = archive.CreateEntry(name);
                entry.LastWriteTime = Modified;
                using var content = entry.Open();
                content.Write(new byte[size]);
            }
        }
        return output.ToArray();
    }

    /// <summary>Removes the mark that names are UTF-8.</summary>
    private static byte[] Unmarked(byte[] zip)
    {
        for (var i = 0; i < zip.Length - 10; i++)
        {
            if (zip.AsSpan(i).StartsWith("PK\u0001\u0002"u8))
                zip[i + 9] &= 0xf7;
        }
        return zip;
    }

    private static byte[] SevenZip(bool packsHeader, params (string Name, int Size)[] entries)
    {
        using var output = new MemoryStream();
        using (var writer = new SevenZipWriter(output, new SevenZipWriterOptions(CompressionType.LZMA) { CompressHeader = packsHeader, LeaveStreamOpen = true }))
        {
            foreach (var (name, size) in entries)
            {
                if (size < 0)
                    writer.WriteDirectory(name, Modified.UtcDateTime);
                else
                    writer.Write(name, new MemoryStream(new byte[size]), Modified.UtcDateTime);
            }
        }
        return output.ToArray();
    }
}
