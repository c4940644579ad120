using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Archives that were made to do harm, or were damaged.</summary>
public sealed class HostileArchiveTests(AzuriteServer azurite)
{
    private const string TooMuchMemory = "Extracting the archive would take more memory than is allowed.";
    private const string IsDamaged = "The archive is damaged; nothing behind the damage could be extracted.";

    private static readonly byte[] s_text = "some text "u8.ToArray();
    // Cannot be compressed, so that a part of an archive has a part of it.
    private static readonly byte[] s_large = RandomNumberGenerator.GetBytes(1_500_000);

    public static TheoryData<string> Names => ["../evil", "d/../../evil", "/evil", "d//evil", "..\\evil", "d\\evil", "C:/evil", "evil\u0007"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Given_a_hostile_name_in_a_tar_when_it_is_extracted_then_the_rest_is_there(string name)
    {
        await using var site = await RunningSite.CreateAsync(azurite);

        var task = await RunAsync(site, TarFile.Gzip(TarFile.Of((name, s_text), ("good", s_text))), "a.tgz");

        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal([$"{name}: Its name is not allowed."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
        Assert.Null(await site.ReadAsync("/evil"));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/evil")]
    [InlineData("d//evil")]
    [InlineData("d\\evil")]
    public async Task Given_a_hostile_name_in_a_rar_when_it_is_extracted_then_the_rest_is_there(string name)
    {
        await using var site = await RunningSite.CreateAsync(azurite);

        var task = await RunAsync(site, RarFile.Five((name, s_text), ("good", s_text)), "a.rar");

        Assert.Equal([$"{name}: Its name is not allowed."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
        Assert.Null(await site.ReadAsync("/evil"));
    }

    [Theory]
    [InlineData("../ev")]
    [InlineData("/evil")]
    [InlineData("a//ev")]
    [InlineData("a\\evi")]
    public async Task Given_a_hostile_name_in_a_7z_when_it_is_extracted_then_it_is_refused_and_the_rest_is_there(string name)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("12345", s_text);
        folder.Write("good", s_text);
        var archive = HostileArchives.ReplaceInHeader(
            folder.Pack("a.7z", "7zz a -bd -y -mhc=off a.7z 12345 good"), Encoding.Unicode.GetBytes("12345"), Encoding.Unicode.GetBytes(name));

        var task = await RunAsync(site, archive, "a.7z");

        Assert.Equal([$"{name}: Its name is not allowed."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
        Assert.Null(await site.ReadAsync("/evil"));
    }

    [Fact]
    public async Task Given_links_and_devices_in_a_tar_when_it_is_extracted_then_each_is_named()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/out/there", "mine"u8.ToArray());

        var task = await RunAsync(site, TarFile.Of(("a.link", []), ("b.hard", []), ("c.fifo", []), ("there", s_text), ("good", s_text)), "a.tar");

        Assert.Equal((WorkflowTaskStatus.Completed, 4L), (task.Status, task.Failed));
        Assert.Equal(
            ["a.link: It is a link.", "b.hard: It is a link.", "c.fifo: It is not a file.", "there: An item with this name already exists."], task.ErrorHistory);
        Assert.Equal("mine", Encoding.ASCII.GetString((await site.ReadAsync("/out/there"))!));
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_links_in_a_7z_when_it_is_extracted_then_they_are_named_and_the_rest_is_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("good", s_text);
        folder.Link("link", "/etc/passwd");

        var task = await RunAsync(site, folder.Pack("a.7z", "7zz a -bd -y -snl a.7z link good"), "a.7z");

        Assert.Equal(["link: It is a link."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
    }

    [Fact]
    public async Task Given_a_link_in_a_rar_when_it_is_extracted_then_it_is_named_and_the_rest_is_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);

        var task = await RunAsync(site, RarFile.Five(("a.link", []), ("good", s_text)), "a.rar");

        Assert.Equal(["a.link: It is a link."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
    }

    [Theory]
    [InlineData("a.tar", "tar -cf a.tar one two")]
    [InlineData("a.tar.gz", "tar -czf a.tar.gz one two")]
    [InlineData("a.tar.bz2", "tar -cjf a.tar.bz2 one two")]
    [InlineData("a.tar.xz", "tar -cJf a.tar.xz one two")]
    [InlineData("a.tar.zst", "tar --zstd -cf a.tar.zst one two")]
    [InlineData("one.gz", "gzip -k one")]
    [InlineData("one.bz2", "bzip2 -k one")]
    [InlineData("one.xz", "xz -k one")]
    [InlineData("one.zst", "zstd -q one")]
    public async Task Given_an_archive_that_was_cut_off_when_it_is_extracted_then_no_part_of_a_file_stays(string made, string command)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("one", s_large);
        folder.Write("two", s_text);
        var archive = folder.Pack(made, command);
        // Behind the first block of bzip2.
        var (used, kept) = (await site.UsedAsync(), archive.Length * 3 / 4);

        var task = await RunAsync(site, archive[..kept], made);

        Assert.Equal((WorkflowTaskStatus.Error, IsDamaged), (task.Status, task.Error));
        Assert.Contains("one: It is damaged.", task.ErrorHistory);
        Assert.Null(await site.ReadAsync("/out/one"));
        Assert.Equal(used + kept, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("a.tar.gz", "tar -czf a.tar.gz one two")]
    [InlineData("a.tar.bz2", "tar -cjf a.tar.bz2 one two")]
    [InlineData("a.tar.xz", "tar -cJf a.tar.xz one two")]
    [InlineData("a.tar.zst", "tar --zstd -cf a.tar.zst one two")]
    public async Task Given_a_flipped_byte_when_an_archive_is_extracted_then_the_task_says_so(string made, string command)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("one", s_large);
        folder.Write("two", s_text);
        var archive = folder.Pack(made, command);
        archive[archive.Length / 2] ^= 0x10;

        var task = await RunAsync(site, archive, made);

        Assert.Equal((WorkflowTaskStatus.Error, IsDamaged), (task.Status, task.Error));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_flipped_byte_in_a_7z_when_it_is_extracted_then_only_that_entry_is_damaged()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("one", s_large);
        folder.Write("two", s_text);
        var archive = folder.Pack("a.7z", "7zz a -bd -y -ms=off a.7z one two");
        archive[1000] ^= 0x10;

        var task = await RunAsync(site, archive, "a.7z");

        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal(["one: It is damaged."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/two"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    /// <summary>There are more files in the damaged folder than times that an archive would be opened anew.</summary>
    [Theory]
    [InlineData("-m0=LZMA2", "It is damaged.")]
    [InlineData("-m0=SWAP4 -m1=LZMA2", "It is compressed by a method that is not supported.")]
    public async Task Given_a_folder_of_a_7z_that_cannot_be_unpacked_when_it_is_extracted_then_those_behind_it_are_whole(string method, string reason)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        for (var i = 0; i < 20; i++)
            folder.Write($"d/{i}.txt", [.. s_text, (byte)i]);
        folder.Write("large", s_large);
        var archive = folder.Pack("a.7z", $"7zz a -bd -y {method} a.7z d", "7zz a -bd -y -m0=LZMA2 a.7z large");
        // The kind of its first chunk, of which there is none.
        archive[32] = 0x7F;

        var task = await RunAsync(site, archive, "a.7z");

        Assert.Equal((WorkflowTaskStatus.Completed, 20L), (task.Status, task.Failed));
        Assert.All(task.ErrorHistory, line => Assert.EndsWith(reason, line, StringComparison.Ordinal));
        Assert.Equal(s_large, await site.ReadAsync("/out/large"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_flipped_byte_in_a_rar_when_it_is_extracted_then_only_that_entry_is_damaged()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var archive = RarFile.Five(("small", s_text), ("large", s_large), ("two", s_text));
        archive[archive.AsSpan().IndexOf(s_text)] ^= 1;
        archive[archive.AsSpan().IndexOf(s_large)] ^= 1;

        var task = await RunAsync(site, archive, "a.rar");

        Assert.Equal(["small: It is damaged.", "large: It is damaged."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/two"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    // Its end, in the content of an entry that is not wanted, in its header.
    [InlineData(5, 8)]
    [InlineData(5, 12)]
    [InlineData(5, 30)]
    [InlineData(4, 11)]
    [InlineData(4, 30)]
    public async Task Given_a_rar_that_was_cut_off_when_it_is_extracted_then_the_task_says_so(int version, int missing)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var archive = version == 4 ? RarFile.Four(("a"u8.ToArray(), s_text), ("b"u8.ToArray(), s_text)) : RarFile.Five(("a", s_text), ("b", s_text));

        var task = await RunAsync(site, archive[..^missing], "a.rar", "a");

        Assert.Equal((WorkflowTaskStatus.Error, IsDamaged), (task.Status, task.Error));
        Assert.Equal(s_text, await site.ReadAsync("/out/a"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_rar_of_an_old_program_that_marks_no_end_when_it_is_extracted_then_it_is_whole()
    {
        await using var site = await RunningSite.CreateAsync(azurite);

        var task = await RunAsync(site, RarFile.Four(("a"u8.ToArray(), s_text))[..^7], "a.rar");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(s_text, await site.ReadAsync("/out/a"));
    }

    /// <summary>A header has room for four parts, the one behind it for 21: later ones need it.</summary>
    [Fact]
    public async Task Given_a_sparse_file_of_many_parts_when_a_tar_is_extracted_then_it_is_named_and_the_rest_is_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("other", s_text);
        var parts = Enumerable.Range(0, 30).Select(i => $"dd status=none if=other of=image bs=64K seek={2 * i} conv=notrunc");

        var task = await RunAsync(site, folder.Pack("a.tar", [.. parts, "tar --format=gnu -cSf a.tar image other"]), "a.tar");

        Assert.Equal((WorkflowTaskStatus.Completed, null), (task.Status, task.Error));
        Assert.Equal(["image: It is stored as a sparse file, which is not supported."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/other"));
    }

    [Fact]
    public async Task Given_a_window_of_4_gib_when_an_xz_is_extracted_then_it_is_refused()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("one", s_text);

        var task = await RunAsync(site, HostileArchives.WithWindow(folder.Pack("one.xz", "xz -k one"), 40), "one.xz");

        Assert.Equal((WorkflowTaskStatus.Error, TooMuchMemory), (task.Status, task.Error));
    }

    [Fact]
    public async Task Given_a_window_of_2_gib_when_a_zstandard_file_is_extracted_then_it_is_refused()
    {
        await using var site = await RunningSite.CreateAsync(azurite);

        var task = await RunAsync(site, HostileArchives.ZstandardWithWindow(), "one.zst");

        Assert.Equal((WorkflowTaskStatus.Error, IsDamaged), (task.Status, task.Error));
    }

    [Fact]
    public async Task Given_a_window_of_2_gib_when_a_rar_is_extracted_then_it_is_refused()
    {
        await using var site = await RunningSite.CreateAsync(azurite);

        // Method 3, and 128 KiB times two to the 14th.
        var task = await RunAsync(site, RarFile.Five("", (3 << 7) | (14 << 10), ("a", s_text)), "a.rar");

        Assert.Equal((WorkflowTaskStatus.Error, TooMuchMemory), (task.Status, task.Error));
    }

    [Fact]
    public async Task Given_a_window_of_4_gib_when_a_7z_is_to_be_extracted_then_it_is_refused_at_once()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("one", s_text);
        var archive = folder.Pack("a.7z", "7zz a -bd -y -mhc=off -m0=LZMA2:d64k a.7z one");
        // LZMA2, with one byte of settings.
        archive = HostileArchives.ReplaceInHeader(archive, [0x21, 0x21, 0x01], [0x21, 0x21, 0x01, 40]);

        var refused = await Assert.ThrowsAnyAsync<CloudreveException>(() => RunAsync(site, archive, "a.7z"));

        Assert.Equal((ErrorCode.ArchiveTypeUnsupported, TooMuchMemory), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task Given_a_bomb_when_it_is_extracted_then_it_is_stopped_by_its_ratio()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();

        var bomb = folder.Pack("a.tar.zst", "truncate -s 300M zeros", "tar --zstd -cf a.tar.zst zeros", "truncate -s 0 zeros");
        var task = await RunAsync(site, bomb, "a.tar.zst", "other");

        Assert.Equal((WorkflowTaskStatus.Error, "The archive unpacks to far more than is plausible for its size."), (task.Status, task.Error));
    }

    [Theory]
    [InlineData("Deflate")]
    [InlineData("BZip2")]
    public async Task Given_a_bomb_of_many_entries_when_a_zip_is_to_be_extracted_then_it_is_refused_at_once(string method)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();

        var bomb = folder.Pack("a.zip", "truncate -s 100M a b c", $"7zz a -bd -y -tzip -mm={method} -mx1 a.zip a b c", "truncate -s 0 a b c");
        var refused = await Assert.ThrowsAnyAsync<CloudreveException>(() => RunAsync(site, bomb, "a.zip"));

        Assert.Equal((ErrorCode.FileTooLarge, "The archive unpacks to far more than is plausible for its size."), (refused.Code, refused.Message));
        Assert.Null(await ExtractionRun.FindAsync(site, "/out/a"));
    }

    [Fact]
    public async Task Given_more_entries_than_are_allowed_when_an_archive_is_extracted_then_it_is_stopped()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var block = TarFile.EmptyEntry();
        using var tar = new MemoryStream();
        for (var i = 0; i < 100_001; i++)
            tar.Write(block);

        var task = await RunAsync(site, TarFile.Gzip(tar.ToArray()), "a.tgz", "other");

        Assert.Equal((WorkflowTaskStatus.Error, "The archive has too many entries."), (task.Status, task.Error));
    }

    [Theory]
    [InlineData("one.zst", "zstd -q one")]
    [InlineData("a.tgz", "tar -czf a.tgz one")]
    [InlineData("a.7z", "7zz a -bd -y a.7z one")]
    public async Task Given_less_room_than_an_archive_unpacks_to_when_it_is_extracted_then_nothing_stays(string made, string command)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var catalog = site.Get<SiteCatalog>();
        await catalog.SaveGroupAsync(await catalog.GetGroupAsync(Group.AdminId) with { MaxStorage = 2_000_000 });
        using var folder = new PackingFolder();
        folder.Write("one", new byte[10_000_000]);
        var archive = folder.Pack(made, command);

        var task = await RunAsync(site, archive, made);

        Assert.Equal(WorkflowTaskStatus.Error, task.Status);
        Assert.Contains("storage", task.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(archive.Length, await site.UsedAsync());
        Assert.Null(await site.ReadAsync("/out/one"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("a.7z")]
    [InlineData("a.txt")]
    public async Task Given_a_file_that_is_no_archive_when_it_is_to_be_extracted_then_there_is_no_task(string name)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        byte[] content = name == "a.7z" ? [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, .. new byte[100]] : s_text;
        content = name == "a.7z" ? [.. content[..12], 0, 0, 0, 0, 0, 0, 0, 0x70, 9, .. content[21..]] : content;

        var refused = await Assert.ThrowsAnyAsync<CloudreveException>(() => RunAsync(site, content, name));

        Assert.Equal(ErrorCode.ArchiveTypeUnsupported, refused.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(1, [], [], 10, null)).Tasks);
    }

    private static async Task<WorkflowTask> RunAsync(RunningSite site, byte[] archive, string name, params string[] mask)
    {
        await ExtractionRun.PutAsync(site, archive, name);
        return await ExtractionRun.RunAsync(site, name, mask: mask);
    }
}
