using System.Buffers.Binary;
using System.Text;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveExtractions;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

public sealed class ArchiveExtractionTests(AzuriteServer azurite)
{
    private static readonly byte[] s_text = "some text "u8.ToArray();

    [Fact]
    public async Task Given_a_zip_when_it_is_extracted_then_its_files_and_folders_are_there_with_their_times()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var large = Enumerable.Range(0, 300_000).Select(i => (byte)(i / 7)).ToArray();
        await PutAsync(site, ZipFile.Of(("empty/", []), ("d/文件.txt", s_text), ("d/e/large", large), ("nothing", [])));
        var used = await site.UsedAsync();

        var task = await RunAsync(site);

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(new TaskProgress(4, 4), task.Progress["extract_count"]);
        Assert.Equal(new TaskProgress(300_010, 300_010), task.Progress["extract_size"]);
        Assert.Equal(s_text, await site.ReadAsync("/out/d/文件.txt"));
        Assert.Equal(large, await site.ReadAsync("/out/d/e/large"));
        Assert.Empty((await site.ReadAsync("/out/nothing"))!);
        Assert.Equal(FileType.Folder, (await FindAsync(site, "/out/empty"))!.Type);
        Assert.Equal(ZipFile.Modified.DateTime, (await FindAsync(site, "/out/d/文件.txt"))!.UpdatedAt.DateTime);
        Assert.Equal(used + 300_010, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_hundreds_of_entries_when_they_are_extracted_then_all_are_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await PutAsync(site, ZipFile.Of([.. Enumerable.Range(0, 200).Select(i => ($"d{i % 7}/f{i}", Encoding.ASCII.GetBytes($"{i}")))]));

        var task = await RunAsync(site);

        Assert.Equal(new TaskProgress(200, 200), task.Progress["extract_count"]);
        Assert.Equal("199", Encoding.ASCII.GetString((await site.ReadAsync("/out/d3/f199"))!));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("d/../../evil")]
    [InlineData("/evil")]
    [InlineData("d//evil")]
    [InlineData("..\\evil")]
    [InlineData("d\\evil")]
    [InlineData("C:/evil")]
    [InlineData("d/./evil")]
    [InlineData("evil\u0007")]
    public async Task Given_an_entry_with_a_hostile_name_when_it_is_extracted_then_the_rest_is_there(string name)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await PutAsync(site, ZipFile.Of((name, s_text), ("good", s_text)));
        var entries = await CountAsync(site);

        var task = await RunAsync(site);

        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal([$"{name}: Its name is not allowed."], task.ErrorHistory);
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
        Assert.Equal(entries + 1, await CountAsync(site));
    }

    [Fact]
    public async Task Given_links_and_damaged_entries_when_extracted_then_each_is_named_and_the_rest_comes()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/out/there", "mine"u8.ToArray());
        var zip = ZipFile.Of(("a.link", "/etc/passwd"u8.ToArray()), ("bad", s_text), ("there", s_text), ("secret", s_text), ("good", s_text));
        // The checksum of one entry, and the flags of another, in the directory.
        BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(HeaderOf(zip, "bad") + 16), 1);
        zip[HeaderOf(zip, "secret") + 8] |= 1;
        await PutAsync(site, zip);
        var used = await site.UsedAsync();

        var task = await RunAsync(site);

        Assert.Equal((WorkflowTaskStatus.Completed, 4L), (task.Status, task.Failed));
        Assert.Equal(
            ["a.link: It is a link.", "bad: It is damaged.", "there: An item with this name already exists.", "secret: It is encrypted and needs a password."], task.ErrorHistory);
        Assert.Equal("mine", Encoding.ASCII.GetString((await site.ReadAsync("/out/there"))!));
        Assert.Null(await site.ReadAsync("/out/bad"));
        Assert.Equal(s_text, await site.ReadAsync("/out/good"));
        Assert.Equal(used + s_text.Length, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_mask_when_a_zip_is_extracted_then_only_what_it_names_and_what_is_below_comes()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await PutAsync(site, ZipFile.Of(("a", s_text), ("ab", s_text), ("d/x", s_text), ("d/e/y", s_text), ("dx", s_text)));

        var task = await RunAsync(site, mask: ["a", "d"]);

        Assert.Equal(new TaskProgress(3, 3), task.Progress["extract_count"]);
        Assert.NotNull(await site.ReadAsync("/out/d/e/y"));
        Assert.Null(await site.ReadAsync("/out/ab"));
        Assert.Null(await site.ReadAsync("/out/dx"));
    }

    [Fact]
    public async Task Given_names_in_an_old_encoding_when_it_is_named_then_the_files_have_the_right_names()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var zip = ZipFile.Of(("1234", s_text));
        byte[] gbk = [0xCE, 0xC4, 0xBC, 0xFE];
        gbk.CopyTo(zip, HeaderOf(zip, "1234") + 46);
        await PutAsync(site, zip);

        await RunAsync(site, encoding: "gbk");

        Assert.Equal(s_text, await site.ReadAsync("/out/文件"));
    }

    [Theory]
    [InlineData("zipcrypto")]
    [InlineData("aes128")]
    [InlineData("aes256")]
    public async Task Given_an_encrypted_zip_of_another_program_when_extracted_with_its_password_then_all_comes(string method)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await PutAsync(site, EncryptedZips.Of(method));

        var task = await RunAsync(site, password: EncryptedZips.Password);

        Assert.Equal((WorkflowTaskStatus.Completed, 0L), (task.Status, task.Failed));
        Assert.Equal(EncryptedZips.Text, Encoding.UTF8.GetString((await site.ReadAsync("/out/secret.txt"))!));
        Assert.Empty(await site.Layout.TaskItems.ScanAsync().ToListAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("zipcrypto")]
    [InlineData("aes128")]
    [InlineData("aes256")]
    public async Task Given_an_encrypted_zip_that_was_tampered_with_when_extracted_then_the_entry_is_damaged(string method)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var zip = EncryptedZips.Of(method);
        // One of the last bytes of the content, in front of the directory.
        zip[zip.AsSpan().IndexOf("PK\u0001\u0002"u8) - 30] ^= 1;
        await PutAsync(site, zip);

        var task = await RunAsync(site, password: EncryptedZips.Password);

        Assert.Equal(["secret.txt: It is damaged."], task.ErrorHistory);
    }

    [Theory]
    [InlineData("zipcrypto")]
    [InlineData("aes256")]
    public async Task Given_a_wrong_password_when_a_zip_is_extracted_then_each_entry_says_so(string method)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await PutAsync(site, EncryptedZips.Of(method));

        var task = await RunAsync(site, password: "other");

        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal(["secret.txt: The password is wrong."], task.ErrorHistory);
    }

    [Fact]
    public async Task Given_an_archive_that_announces_more_than_fits_when_it_is_extracted_then_nothing_is()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ChangeGroupAsync(site, group => group with { MaxStorage = 200_000 });
        await PutAsync(site, ZipFile.Of(("small", s_text), ("bomb", new byte[10_000_000])));
        var entries = await CountAsync(site);

        var task = await RunAsync(site);

        Assert.Equal((WorkflowTaskStatus.Error, "Your storage does not have enough room for the content of the archive."), (task.Status, task.Error));
        Assert.Equal(entries, await CountAsync(site));
    }

    [Fact]
    public async Task Given_an_entry_that_unpacks_to_more_than_it_says_when_extracted_then_it_leaves_nothing()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var zip = ZipFile.Of(("liar", new byte[1_000_000]));
        BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(HeaderOf(zip, "liar") + 24), 100);
        await PutAsync(site, zip);
        var used = await site.UsedAsync();

        var task = await RunAsync(site);

        Assert.Equal(["liar: It is damaged."], task.ErrorHistory);
        Assert.Equal(used, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("cloudreve://my/a.zip", "cloudreve://my/none", "", ErrorCode.BadParameter)]
    [InlineData("cloudreve://my/a.zip", "cloudreve://my/a.zip", "", ErrorCode.BadParameter)]
    [InlineData("cloudreve://my/none.zip", "cloudreve://my/out", "", ErrorCode.PathNotFound)]
    [InlineData("cloudreve://my/text", "cloudreve://my/out", "", ErrorCode.ArchiveTypeUnsupported)]
    [InlineData("cloudreve://my/out", "cloudreve://my/out", "", ErrorCode.BlobNotFound)]
    [InlineData("cloudreve://my/a.zip", "cloudreve://my/out", "klingon", ErrorCode.BadParameter)]
    [InlineData("cloudreve://my/a.zip", "cloudreve://trash", "", ErrorCode.NoPermission)]
    public async Task Given_a_bad_request_when_it_is_made_then_the_documented_code_comes_and_there_is_no_task(
        string source, string destination, string encoding, ErrorCode code)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await PutAsync(site, ZipFile.Of(("a", s_text)));
        await site.WriteAsync("/text", s_text);
        var caller = await site.AdminAsync();

        var refused = await Assert.ThrowsAsync<CloudreveException>(
            () => site.Get<ArchiveExtraction>().AcceptAsync(caller, new ExtractionRequest(source, destination) { Encoding = encoding }));

        Assert.Equal(code, refused.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(1, [], [], 10, null)).Tasks);
    }

    private static async Task PutAsync(RunningSite site, byte[] zip)
    {
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out"), NewEntry.Folder, failIfExists: false);
        await site.WriteAsync("/a.zip", zip);
    }

    private static async Task<WorkflowTask> RunAsync(RunningSite site, string encoding = "", string[]? mask = null, string password = "")
    {
        var task = await site.Get<ArchiveExtraction>().AcceptAsync(
            await site.AdminAsync(),
            new ExtractionRequest("cloudreve://my/a.zip", "cloudreve://my/out") { Encoding = encoding, Mask = mask ?? [], Password = password });
        var hub = new ReplayHub();
        await site.Get<ArchiveExtractionWorkflow>().StartAsync(new ReplayClient(hub), task);
        await hub.RunAsync(site.Activities());
        return await site.TaskAsync(task.Id);
    }

    private static Task<FileRecord?> FindAsync(RunningSite site, string path) => site.Get<EntriesByPath>().FindAsync(1, FilePath.ParsePlain(path));

    private static async Task<int> CountAsync(RunningSite site) => await site.Layout.FileIds.ScanAsync().CountAsync();

    private static async Task ChangeGroupAsync(RunningSite site, Func<Group, Group> change)
    {
        var catalog = site.Get<SiteCatalog>();
        await catalog.SaveGroupAsync(change(await catalog.GetGroupAsync(Group.AdminId)));
    }

    /// <summary>The offset of an entry's header in the directory.</summary>
    private static int HeaderOf(byte[] zip, string name)
    {
        for (var at = zip.AsSpan().IndexOf("PK\u0001\u0002"u8); ; at++)
        {
            if (zip.AsSpan(at).StartsWith("PK\u0001\u0002"u8) && zip.AsSpan(at + 46).StartsWith(Encoding.ASCII.GetBytes(name)))
                return at;
        }
    }
}
