using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Import;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Import;

public sealed class BlobArrivalTests(AzuriteServer azurite)
{
    private const string Blob = "imports/1/in/a.txt";

    [Fact]
    public async Task Given_a_new_blob_when_it_is_announced_twice_then_it_is_one_file_and_charged_once()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Imported, await ArriveAsync(site));
        Assert.Equal(BlobArrivalOutcome.Skipped, await ArriveAsync(site));

        Assert.Equal((40, Blob), Assert.Single(await site.TreeAsync("/in")).Value);
        Assert.Equal(40, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_known_blob_when_it_is_written_again_then_size_time_and_charge_follow()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));
        await ArriveAsync(site);
        await site.PutAsync((Blob, 25));

        Assert.Equal(BlobArrivalOutcome.Updated, await ArriveAsync(site));

        var file = await site.Tree.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"));
        Assert.Equal(25, file.Size);
        Assert.Equal((await site.Container.FindAsync(Blob))!.LastModified, file.UpdatedAt);
        Assert.Equal(25, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_name_that_belongs_to_another_file_when_a_blob_arrives_then_that_file_stays_and_nothing_is_charged()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.Tree.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"), new NewEntry(FileType.File), failIfExists: true);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Skipped, await ArriveAsync(site));

        Assert.Equal(0, (await site.Tree.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"))).Size);
        Assert.Equal(0, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_ten_deliveries_at_once_when_a_blob_arrives_then_it_is_one_file_and_charged_once()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ArriveAsync(site)));

        Assert.Single(await site.TreeAsync("/in"));
        Assert.Equal(40, await site.UsedAsync());
    }

    [Theory]
    [InlineData("/in//a.txt")]
    [InlineData("/../a.txt")]
    [InlineData("/in/a|b.txt")]
    [InlineData("/a:b/x.txt")]
    public async Task Given_a_path_that_no_file_may_have_when_a_blob_arrives_then_it_is_refused(string path)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        var result = await site.Get<BlobArrival>().ImportAsync(ImportSite.AdminId, Blob, path);

        Assert.Equal(BlobArrivalOutcome.Refused, result.Outcome);
        Assert.Empty(await site.TreeAsync("/"));
        Assert.Equal(0, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_file_where_the_path_needs_a_folder_when_a_blob_arrives_then_it_is_refused_and_nothing_stays_charged()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.Tree.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/in"), new NewEntry(FileType.File), failIfExists: true);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Refused, await ArriveAsync(site));

        Assert.Equal(0, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_user_who_does_not_exist_when_a_blob_arrives_then_it_is_refused()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Refused, (await site.Get<BlobArrival>().ImportAsync(4711, Blob, "/in/a.txt")).Outcome);
    }

    private static async Task<BlobArrivalOutcome> ArriveAsync(ImportSite site) =>
        (await site.Get<BlobArrival>().ImportAsync(ImportSite.AdminId, Blob, "/in/a.txt")).Outcome;
}
