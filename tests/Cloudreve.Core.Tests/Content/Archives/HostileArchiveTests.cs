using System.Buffers.Binary;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Parsing;
using SharpCompress.Compressors.LZMA;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Archives;

/// <summary>Archives that a few bytes make expensive. The cost of listing them is counted in steps, which take the same time everywhere.</summary>
public sealed class HostileArchiveTests
{
    private const byte Header = 0x01;
    private const byte MoreStreams = 0x03;
    private const byte Streams = 0x04;
    private const byte Files = 0x05;
    private const byte EncodedHeader = 0x17;
    private const long FewSteps = 2_000;

    private readonly WorkBudget _work = DirectoryLimits.Work(TestContext.Current.CancellationToken);

    public static TheoryData<string> Repetitions => [.. s_repetitions.Keys];

    // Each would make the parser go through all entries once for every few bytes.
    private static readonly Dictionary<string, byte[]> s_repetitions = new()
    {
        ["times of files"] = [Header, Files, .. Number(10), 0x11, 21, 0, .. new byte[20], .. Repeat([0x14, 3, 0, 0, 0], 500), 0, 0],
        ["attributes of files"] = [Header, Files, .. Number(10), 0x11, 21, 0, .. new byte[20], .. Repeat([0x15, 3, 0, 0, 0], 500), 0, 0],
        ["empty files"] = [Header, Files, .. Number(10), 0x11, 21, 0, .. new byte[20], .. Repeat([0x0E, 2, 0xFF, 0xC0, 0x0F, 2, 0, 0], 500), 0, 0],
        ["checksums of files"] = [Header, Streams, .. OneFolder, 0x08, 0x0D, 1, .. Repeat([0x0A, 0, 0], 500), 0, 0, 0],
        ["files of a folder"] = [Header, Streams, .. OneFolder, .. Repeat([0x08, 0x0D, .. Number(100_000), 0], 500), 0, 0],
        ["folders"] = [Header, Streams, .. Repeat(OneFolder, 500), 0, 0],
        ["streams"] = [Header, .. Repeat([MoreStreams, .. OneFolder, 0x08, 0x0D, .. Number(100_000), 0, 0], 500), 0],
    };

    private static byte[] OneFolder => [0x07, 0x0B, 1, 0, 1, 1, 0, 0x0C, 9, 0];

    [Theory]
    [MemberData(nameof(Repetitions))]
    public async Task Given_a_7z_that_repeats_itself_when_it_is_listed_then_it_is_refused_after_few_steps(string repeated)
    {
        var allowed = repeated is "files of a folder" or "streams" ? FewSteps + DirectoryLimits.Entries : FewSteps;

        Assert.Equal(ErrorCode.NoPermission, (await RefuseAsync(SevenZip(s_repetitions[repeated]))).Code);

        Assert.InRange(_work.Spent, 1, allowed);
    }

    [Theory]
    [InlineData(0, long.MaxValue)]
    [InlineData(0, 1L << 40)]
    [InlineData(1L << 40, 10)]
    [InlineData(-1, 10)]
    [InlineData(0, -1)]
    public async Task Given_a_7z_whose_header_lies_outside_of_it_when_it_is_listed_then_it_is_damaged(long offset, long length)
    {
        var archive = SevenZip([Header, Files, 0, 0, 0]);
        BinaryPrimitives.WriteInt64LittleEndian(archive.AsSpan(12), offset);
        BinaryPrimitives.WriteInt64LittleEndian(archive.AsSpan(20), length);

        Assert.Equal(ErrorCode.NoPermission, (await RefuseAsync(archive)).Code);
    }

    [Fact]
    public async Task Given_a_small_7z_that_announces_many_entries_when_listed_then_nothing_is_made_for_them()
    {
        var refused = await RefuseAsync(SevenZip([Header, Files, .. Number(DirectoryLimits.Entries), 0, 0]));

        Assert.Equal(ErrorCode.NoPermission, refused.Code);
        Assert.InRange(_work.Spent, 1, 10);
    }

    [Theory]
    [InlineData(new byte[] { Header, Files }, 0, 0)]
    [InlineData(new byte[] { Header, Streams, 0x06, 0 }, 0x09, 0)]
    [InlineData(new byte[] { Header, Streams, 0x07, 0x0B }, 0, 0)]
    public async Task Given_a_7z_that_announces_more_than_the_most_entries_when_it_is_listed_then_it_is_refused(byte[] start, byte next, byte end)
    {
        var refused = await RefuseAsync(SevenZip([.. start, .. Number(int.MaxValue), next, end]));

        Assert.Equal(ErrorCode.FileTooLarge, refused.Code);
        Assert.InRange(_work.Spent, 1, 20);
    }

    [Fact]
    public async Task Given_headers_inside_headers_when_a_7z_is_listed_then_they_unpack_to_one_header_at_most()
    {
        // Behind the second header follow zeros, which pack well.
        var inner = new byte[20 * 1024 * 1024];
        ((byte[])[EncodedHeader, .. PackedHeader(0, packed: 10, new byte[5], inner.Length)]).CopyTo(inner, 0);
        var (packed, properties) = Pack(inner);

        var refused = await RefuseAsync(SevenZip([EncodedHeader, .. PackedHeader(0, packed.Length, properties, inner.Length)], packed));

        Assert.Equal(ErrorCode.FileTooLarge, refused.Code);
        Assert.InRange(_work.Spent, inner.Length / 1024, (inner.Length / 1024) + FewSteps);
    }

    [Fact]
    public async Task Given_the_most_and_largest_entries_when_a_7z_is_listed_then_it_is_within_the_bounds()
    {
        const int Count = DirectoryLimits.Entries;
        var names = Enumerable.Range(0, Count).SelectMany(i => System.Text.Encoding.Unicode.GetBytes($"{i}\0")).ToArray();
        byte[] folder = [1, 1, 0];
        byte[] header =
        [
            Header, Streams,
            0x06, 0, .. Number(Count), 0x09, .. Repeat([1], Count), 0,
            0x07, 0x0B, .. Number(Count), 0, .. Repeat(folder, Count), 0x0C, .. Repeat([1], Count), 0x0A, 1, .. new byte[4 * Count], 0,
            0,
            Files, .. Number(Count),
            0x11, .. Number(names.Length + 1), 0, .. names,
            0x12, .. Number((8 * Count) + 2), 1, 0, .. new byte[8 * Count],
            0x14, .. Number((8 * Count) + 2), 1, 0, .. new byte[8 * Count],
            0x15, .. Number((4 * Count) + 2), 1, 0, .. new byte[4 * Count],
            0, 0,
        ];

        var files = await ReadAsync(SevenZip(header));

        Assert.Equal(Count, files.Count);
        Assert.Equal("99999", files[^1].Name);
        Assert.InRange(_work.Spent, Count, DirectoryLimits.Steps / 2);
    }

    [Fact]
    public async Task Given_a_caller_who_has_gone_when_a_7z_is_parsed_then_parsing_ends()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        var archive = SevenZip(s_repetitions["times of files"]);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => SevenZipDirectory.ReadAsync(archive[..32], Part(archive), archive.Length, DirectoryLimits.Work(gone.Token), CancellationToken.None));
    }

    [Fact]
    public async Task Given_a_small_zip_that_announces_many_entries_when_listed_then_nothing_is_made_for_them()
    {
        var zip = new byte[22];
        "PK\u0005\u0006"u8.CopyTo(zip);
        BinaryPrimitives.WriteUInt16LittleEndian(zip.AsSpan(10), 60_000);

        var refused = await Assert.ThrowsAsync<CloudreveException>(
            () => ZipDirectory.ReadAsync(Part(zip), zip.Length, NameEncoding.Of(null), _work, TestContext.Current.CancellationToken));

        Assert.Equal(ErrorCode.NoPermission, refused.Code);
        Assert.Equal(0, _work.Spent);
    }

    [Fact]
    public void Given_a_budget_when_more_is_spent_then_it_is_refused_and_nothing_overflows()
    {
        var work = new WorkBudget(10, () => new InvalidDataException(), CancellationToken.None);

        work.Spend(10);

        Assert.Throws<InvalidDataException>(() => work.Spend());
        Assert.Throws<InvalidDataException>(() => work.Spend(long.MaxValue));
        Assert.Equal(10, work.Spent);
    }

    private Task<CloudreveException> RefuseAsync(byte[] archive) => Assert.ThrowsAsync<CloudreveException>(() => ReadAsync(archive));

    private Task<IReadOnlyList<ArchivedFile>> ReadAsync(byte[] archive) =>
        SevenZipDirectory.ReadAsync(archive[..32], Part(archive), archive.Length, _work, TestContext.Current.CancellationToken);

    private static ReadPart Part(byte[] archive) => (offset, length, _) => Task.FromResult(archive.AsSpan((int)offset, length).ToArray());

    /// <summary>A 7z with a header, and something packed before it.</summary>
    private static byte[] SevenZip(byte[] header, byte[]? packed = null)
    {
        packed ??= [];
        var archive = new byte[32 + packed.Length + header.Length];
        ((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4]).CopyTo(archive);
        BinaryPrimitives.WriteInt64LittleEndian(archive.AsSpan(12), packed.Length);
        BinaryPrimitives.WriteInt64LittleEndian(archive.AsSpan(20), header.Length);
        packed.CopyTo(archive, 32);
        header.CopyTo(archive, 32 + packed.Length);
        return archive;
    }

    private static byte[] PackedHeader(long position, int packed, byte[] properties, int unpacked) =>
    [
        0x06, .. Number(position), 1, 0x09, .. Number(packed), 0,
        0x07, 0x0B, 1, 0, 1, 0x23, 0x03, 0x01, 0x01, 5, .. properties, 0x0C, .. Number(unpacked), 0,
        0,
    ];

    private static (byte[] Packed, byte[] Properties) Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        byte[] properties;
        using (var lzma = LzmaStream.Create(new LzmaEncoderProperties(), isLzma2: false, packed))
        {
            properties = lzma.Properties;
            lzma.Write(content);
        }
        return (packed.ToArray(), properties);
    }

    private static byte[] Repeat(byte[] bytes, int count) => [.. Enumerable.Repeat(bytes, count).SelectMany(b => b)];

    private static byte[] Number(long value) => [0xF0, (byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)];
}
