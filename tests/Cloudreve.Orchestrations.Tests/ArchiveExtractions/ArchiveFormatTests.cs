using System.Text;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Extracts archives that real programs made.</summary>
public sealed class ArchiveFormatTests(AzuriteServer azurite)
{
    private const string Seven = "7zz a -bd -y a.7z d nothing";
    private const string Zip = "7zz a -bd -y -tzip a.zip d nothing -mm=";

    private static readonly byte[] s_text = "some text "u8.ToArray();

    // Larger than what is unpacked to memory, and not all the same.
    private static readonly byte[] s_large = [.. Enumerable.Range(0, 1_500_000).Select(i => (byte)((i * 7) ^ (i >> 9)))];

    [Theory]
    [InlineData("a.tar", "tar -cf a.tar d nothing")]
    [InlineData("a.tar", "tar --format=pax -cf a.tar d nothing")]
    [InlineData("a.tar", "tar --format=ustar -cf a.tar d nothing")]
    [InlineData("a.tar", "tar --format=v7 -cf a.tar d nothing")]
    [InlineData("a.tgz", "tar -czf a.tgz ./d ./nothing")]
    [InlineData("a.tar.bz2", "tar -cjf a.tar.bz2 d nothing")]
    [InlineData("a.tar.xz", "tar -cJf a.tar.xz d nothing")]
    [InlineData("a.tar.zst", "tar --zstd -cf a.tar.zst d nothing")]
    [InlineData("a.7z", Seven)]
    [InlineData("a.7z", Seven + " -ms=off -m0=LZMA")]
    [InlineData("a.7z", Seven + " -m0=PPMd")]
    [InlineData("a.7z", Seven + " -m0=BZip2")]
    [InlineData("a.7z", Seven + " -m0=Deflate")]
    [InlineData("a.7z", Seven + " -m0=Copy -mhc=off")]
    [InlineData("a.7z", Seven + " -m0=BCJ -m1=LZMA2")]
    [InlineData("a.7z", Seven + " -m0=BCJ2 -m1=LZMA:d23 -m2=LZMA:d19 -m3=LZMA:d19 -mb0:1 -mb0s1:2 -mb0s2:3")]
    [InlineData("a.zip", Zip + "Deflate64")]
    [InlineData("a.zip", Zip + "BZip2")]
    [InlineData("a.zip", Zip + "LZMA")]
    [InlineData("a.zip", Zip + "PPMd")]
    [InlineData("a.zip", Zip + "xz")]
    public async Task Given_an_archive_of_a_program_when_it_is_extracted_then_all_is_as_it_was(string made, string command)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("d/文件.txt", s_text);
        folder.Write("d/e/large", s_large);
        folder.Write("d/e/more", s_text);
        folder.MakeFolder("d/empty");
        folder.Write("nothing", []);
        await ExtractionRun.PutAsync(site, folder.Pack(made, command), made);
        var used = await site.UsedAsync();

        var task = await ExtractionRun.RunAsync(site, made);

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Empty(task.ErrorHistory);
        Assert.Equal(new TaskProgress(7, 7), task.Progress["extract_count"]);
        Assert.Equal(new TaskProgress(1_500_020, 1_500_020), task.Progress["extract_size"]);
        Assert.Equal(s_text, await site.ReadAsync("/out/d/文件.txt"));
        Assert.Equal(s_large, await site.ReadAsync("/out/d/e/large"));
        Assert.Equal(s_text, await site.ReadAsync("/out/d/e/more"));
        Assert.Empty((await site.ReadAsync("/out/nothing"))!);
        Assert.Equal(FileType.Folder, (await ExtractionRun.FindAsync(site, "/out/d/empty"))!.Type);
        Assert.Equal(PackingFolder.Modified, (await ExtractionRun.FindAsync(site, "/out/d/文件.txt"))!.UpdatedAt);
        Assert.Equal(used + 1_500_020, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("BZip2")]
    [InlineData("LZMA")]
    [InlineData("PPMd")]
    public async Task Given_an_encrypted_zip_of_a_newer_method_when_it_is_extracted_then_all_is_as_it_was(string method)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("d/e/large", s_large);
        folder.Write("nothing", []);
        await ExtractionRun.PutAsync(site, folder.Pack("a.zip", Zip + method + " -psesame -mem=AES256"), "a.zip");

        var task = await ExtractionRun.RunAsync(site, "a.zip", password: "sesame");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(s_large, await site.ReadAsync("/out/d/e/large"));
    }

    [Fact]
    public async Task Given_a_zip_of_zstandard_when_it_is_extracted_then_all_is_as_it_was()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("large", s_large);
        await ExtractionRun.PutAsync(site, ZipFile.Packed("large", 93, folder.Pack("large.zst", "zstd -q large"), s_large), "a.zip");

        var task = await ExtractionRun.RunAsync(site, "a.zip");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(s_large, await site.ReadAsync("/out/large"));
    }

    [Theory]
    [InlineData("Deflate64")]
    [InlineData("BZip2")]
    [InlineData("LZMA")]
    [InlineData("PPMd")]
    [InlineData("xz")]
    public async Task Given_a_zip_of_a_newer_method_that_is_damaged_when_it_is_extracted_then_the_others_are_there(string method)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("d/large", s_large);
        folder.Write("nothing", []);
        folder.Write("small", s_text);
        var zip = folder.Pack("a.zip", $"7zz a -bd -y -tzip a.zip d/large small -mm={method}");
        zip.AsSpan(500, 40).Reverse();
        await ExtractionRun.PutAsync(site, zip, "a.zip");
        var used = await site.UsedAsync();

        var task = await ExtractionRun.RunAsync(site, "a.zip");

        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal("d/large: It is damaged.", Assert.Single(task.ErrorHistory));
        Assert.Equal(s_text, await site.ReadAsync("/out/small"));
        Assert.Equal(used + s_text.Length, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("notes.txt.gz", "notes.txt", "gzip -k notes.txt")]
    [InlineData("notes.txt.bz2", "notes.txt", "bzip2 -k notes.txt")]
    [InlineData("notes.txt.xz", "notes.txt", "xz -k notes.txt")]
    [InlineData("notes.txt.xz", "notes.txt", "xz -k --check=sha256 --block-size=100000 notes.txt")]
    [InlineData("notes.txt.xz", "notes.txt", "xz -k --check=crc32 notes.txt")]
    [InlineData("notes.txt.zst", "notes.txt", "zstd -q notes.txt")]
    [InlineData("other.bin", "other.bin.out", "zstd -q notes.txt -o other.bin")]
    public async Task Given_a_compressed_file_when_it_is_extracted_then_the_file_inside_is_there(string made, string inside, string command)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("notes.txt", s_large);
        await ExtractionRun.PutAsync(site, folder.Pack(made, command), made);
        var used = await site.UsedAsync();

        var task = await ExtractionRun.RunAsync(site, made);

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(new TaskProgress(1, 1), task.Progress["extract_count"]);
        Assert.Equal(s_large, await site.ReadAsync("/out/" + inside));
        Assert.Equal(used + s_large.Length, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("gzip -k one", "gzip -k two", "one.gz", "two.gz")]
    [InlineData("bzip2 -k one", "bzip2 -k two", "one.bz2", "two.bz2")]
    [InlineData("xz -k one", "xz -k two", "one.xz", "two.xz")]
    [InlineData("zstd -q one", "zstd -q two", "one.zst", "two.zst")]
    public async Task Given_compressed_files_one_behind_another_when_extracted_then_their_contents_are_too(string pack, string packMore, string made, string more)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("one", s_text);
        folder.Write("two", s_large);
        await ExtractionRun.PutAsync(site, [.. folder.Pack(made, pack), .. folder.Pack(more, packMore)], made);

        var task = await ExtractionRun.RunAsync(site, made);

        Assert.Equal((WorkflowTaskStatus.Completed, 0L), (task.Status, task.Failed));
        Assert.Equal((byte[])[.. s_text, .. s_large], await site.ReadAsync("/out/one"));
    }

    [Fact]
    public async Task Given_a_rar_5_when_it_is_extracted_then_its_files_and_folders_are_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, RarFile.Five(("d/", []), ("d/文件", s_text), ("large", s_large), ("nothing", [])), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(new TaskProgress(4, 4), task.Progress["extract_count"]);
        Assert.Equal(s_text, await site.ReadAsync("/out/d/文件"));
        Assert.Equal(s_large, await site.ReadAsync("/out/large"));
        Assert.Empty((await site.ReadAsync("/out/nothing"))!);
        Assert.Equal(RarFile.Modified, (await ExtractionRun.FindAsync(site, "/out/large"))!.UpdatedAt);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_rar_4_with_names_in_an_old_encoding_when_it_is_extracted_then_they_are_right()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, RarFile.Four(("d/"u8.ToArray(), []), ([(byte)'d', (byte)'\\', 0xCE, 0xC4, 0xBC, 0xFE], s_text), ("large"u8.ToArray(), s_large)), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar", encoding: "gbk");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(s_text, await site.ReadAsync("/out/d/文件"));
        Assert.Equal(s_large, await site.ReadAsync("/out/large"));
        Assert.Equal(RarFile.Modified, (await ExtractionRun.FindAsync(site, "/out/large"))!.UpdatedAt);
    }

    [Fact]
    public async Task Given_a_tar_with_names_in_an_old_encoding_when_it_is_named_then_the_names_are_right()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("1234", s_text);
        var tar = folder.Pack("a.tar", "tar --format=ustar -cf a.tar 1234");
        byte[] gbk = [0xCE, 0xC4, 0xBC, 0xFE];
        HostileArchives.Rename(tar, gbk);
        await ExtractionRun.PutAsync(site, tar, "a.tar");

        await ExtractionRun.RunAsync(site, "a.tar", encoding: "gbk");

        Assert.Equal(s_text, await site.ReadAsync("/out/文件"));
    }

    [Fact]
    public async Task Given_long_names_when_a_tar_is_extracted_then_they_are_whole()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        var name = string.Join('/', new string('a', 120), new string('b', 200));
        folder.Write(name, s_text);
        await ExtractionRun.PutAsync(site, folder.Pack("a.tar", $"tar --format=gnu -cf a.tar {name}"), "a.tar");

        await ExtractionRun.RunAsync(site, "a.tar");

        Assert.Equal(s_text, await site.ReadAsync("/out/" + name));
    }

    [Theory]
    [InlineData("-mhe=off")]
    [InlineData("-mhe=on")]
    public async Task Given_an_encrypted_7z_when_it_is_extracted_with_its_password_then_the_files_are_there(string header)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("secret", s_text);
        await ExtractionRun.PutAsync(site, folder.Pack("a.7z", $"7zz a -bd -y -pSesam€ {header} a.7z secret"), "a.7z");

        var task = await ExtractionRun.RunAsync(site, "a.7z", password: "Sesam€");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(s_text, await site.ReadAsync("/out/secret"));
    }

    [Theory]
    [InlineData("", "secret: It is encrypted and needs a password.")]
    // What another password decrypts to may look like an archive.
    [InlineData("other", "secret: The password is missing or wrong.", "secret: It is damaged.")]
    public async Task Given_an_encrypted_7z_when_the_password_is_missing_or_wrong_then_each_entry_says_so(string password, params string[] reasons)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("secret", s_text);
        await ExtractionRun.PutAsync(site, folder.Pack("a.7z", "7zz a -bd -y -psesame a.7z secret"), "a.7z");

        var task = await ExtractionRun.RunAsync(site, "a.7z", password: password);

        Assert.Contains(Assert.Single(task.ErrorHistory), reasons);
        Assert.Null(await site.ReadAsync("/out/secret"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_an_encrypted_rar_when_it_is_extracted_with_its_password_then_the_files_are_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, RarFile.Five("sesame", 0, ("a", s_text), ("large", s_large)), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar", password: "sesame");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(s_text, await site.ReadAsync("/out/a"));
        Assert.Equal(s_large, await site.ReadAsync("/out/large"));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Given_a_rar_with_encrypted_names_when_it_is_extracted_with_its_password_then_the_files_are_there(int version)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, HiddenRar(version), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar", password: "sesame");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(s_text, await site.ReadAsync("/out/a"));
        Assert.Equal(s_large, await site.ReadAsync("/out/large"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData(4, "")]
    [InlineData(4, "other")]
    [InlineData(5, "")]
    [InlineData(5, "other")]
    public async Task Given_a_rar_with_encrypted_names_when_the_password_is_missing_or_wrong_then_the_task_says_so(int version, string password)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, HiddenRar(version), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar", password: password);

        Assert.Equal((WorkflowTaskStatus.Error, "The archive is encrypted, and its password is missing or wrong."), (task.Status, task.Error));
        Assert.Null(await site.ReadAsync("/out/a"));
    }

    private static byte[] HiddenRar(int version) => version == 4
        ? RarFile.HiddenFour("sesame", ("a"u8.ToArray(), s_text), ("large"u8.ToArray(), s_large))
        : RarFile.HiddenFive("sesame", ("a", s_text), ("large", s_large));

    [Theory]
    [InlineData("")]
    [InlineData("other")]
    public async Task Given_an_encrypted_rar_when_the_password_is_missing_or_wrong_then_the_task_says_so(string password)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, RarFile.Five("sesame", 0, ("a", s_text)), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar", password: password);

        Assert.Equal((WorkflowTaskStatus.Error, "The archive is encrypted, and its password is missing or wrong."), (task.Status, task.Error));
        Assert.Null(await site.ReadAsync("/out/a"));
    }

    [Theory]
    [InlineData("a.tar.xz", "tar -cJf a.tar.xz a ab d dx")]
    [InlineData("a.7z", "7zz a -bd -y a.7z a ab d dx")]
    public async Task Given_a_mask_when_an_archive_is_extracted_then_only_what_it_names_and_what_is_below_comes(string made, string command)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        foreach (var name in new[] { "a", "ab", "d/x", "d/e/y", "dx" })
            folder.Write(name, Encoding.UTF8.GetBytes(name));
        await ExtractionRun.PutAsync(site, folder.Pack(made, command), made);

        await ExtractionRun.RunAsync(site, made, mask: ["a", "d"]);

        Assert.Equal("a", Encoding.UTF8.GetString((await site.ReadAsync("/out/a"))!));
        Assert.Equal("d/x", Encoding.UTF8.GetString((await site.ReadAsync("/out/d/x"))!));
        Assert.Equal("d/e/y", Encoding.UTF8.GetString((await site.ReadAsync("/out/d/e/y"))!));
        Assert.Null(await site.ReadAsync("/out/ab"));
        Assert.Null(await site.ReadAsync("/out/dx"));
    }

    [Theory]
    [InlineData("a.tar.gz", "tar -czf a.tar.gz d")]
    [InlineData("a.7z", "7zz a -bd -y a.7z d")]
    public async Task Given_hundreds_of_entries_when_they_are_extracted_then_all_are_there(string made, string command)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        for (var i = 0; i < 200; i++)
            folder.Write($"d/{i % 7}/f{i}", Encoding.ASCII.GetBytes($"{i}"));
        await ExtractionRun.PutAsync(site, folder.Pack(made, command), made);

        var task = await ExtractionRun.RunAsync(site, made);

        Assert.Equal(new TaskProgress(208, 208), task.Progress["extract_count"]);
        Assert.Equal("199", Encoding.ASCII.GetString((await site.ReadAsync("/out/d/3/f199"))!));
        Assert.Empty((await site.CheckAsync()).All);
    }
}
