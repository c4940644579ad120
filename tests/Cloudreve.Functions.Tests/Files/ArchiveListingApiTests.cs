using System.IO.Compression;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class ArchiveListingApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const string Listing = "file/archive?uri=cloudreve%3A%2F%2Fmy%2F";

    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_zip_when_it_is_listed_then_its_entries_come_and_it_is_read_once()
    {
        var (client, user) = await NewUserAsync(0);
        await App.AddFileAsync(user, "/a.zip", Zip());

        var files = (await client.GetApiAsync(Listing + "a.zip")).Data.GetProperty("files");
        var before = App.Account.Transactions.Total;
        var again = await client.GetApiAsync(Listing + "a.zip");

        Assert.Equal(["dir", "dir/b.txt"], files.EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        Assert.Equal([true, false], files.EnumerateArray().Select(f => f.GetProperty("is_directory").GetBoolean()));
        Assert.Equal(3, files[1].GetProperty("size").GetInt64());
        Assert.Equal(files.ToString(), again.Data.GetProperty("files").ToString());
        // The file and its blob's row; the blob is not read again.
        Assert.InRange(App.Account.Transactions.Total - before, 2, 3);
    }

    [Fact]
    public async Task Given_what_cannot_be_listed_when_it_is_asked_then_the_documented_codes_answer()
    {
        var (client, user) = await NewUserAsync(200);
        var (poor, poorUser) = await App.NewUserAsync();
        await App.AddFileAsync(poorUser, "/a.zip", Zip());
        var zip = await App.AddFileAsync(user, "/a.zip", Zip());
        await App.AddFileAsync(user, "/no.zip", [1, 2, 3]);
        await App.AddFileAsync(user, "/large.zip", new byte[100_000]);
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/empty.zip", type = "file" });
        var version = (await App.GetSiteAsync()).HashIds.Encode(zip.PrimaryEntityId, HashIdKind.Entity);

        Assert.Equal(40007, (await poor.GetApiAsync(Listing + "a.zip")).Code);
        Assert.Equal(403, (await client.GetApiAsync(Listing + "no.zip")).Code);
        Assert.Equal(40049, (await client.GetApiAsync(Listing + "large.zip")).Code);
        Assert.Equal(40077, (await client.GetApiAsync(Listing + "empty.zip")).Code);
        Assert.Equal(40016, (await client.GetApiAsync(Listing + "none.zip")).Code);
        Assert.Equal(40001, (await client.GetApiAsync(Listing + "a.zip&text_encoding=none")).Code);
        Assert.Equal(40001, (await client.GetApiAsync(Listing + "a.zip&entity=none")).Code);
        Assert.Equal(40077, (await client.GetApiAsync(Listing + "no.zip&entity=" + version)).Code);
        Assert.Equal(0, (await client.GetApiAsync(Listing + "a.zip&text_encoding=gbk&entity=" + version)).Code);
    }

    /// <summary>A user whose group may open archives.</summary>
    private async Task<(HttpClient Client, User User)> NewUserAsync(int limit)
    {
        var id = limit == 0 ? 45 : 46;
        await App.ChangeGroupAsync(Group.UserId, g => g with
        {
            Id = id,
            Permissions = g.Permissions.With((int)GroupPermission.ArchiveTask, value: true),
            Settings = g.Settings with { DecompressSize = limit * 100 },
        });
        return await App.NewUserAsync(id);
    }

    private static byte[] Zip()
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry("dir/");
            using var content = archive.CreateEntry("dir/b.txt").Open();
            content.Write([1, 2, 3]);
        }
        return output.ToArray();
    }
}
