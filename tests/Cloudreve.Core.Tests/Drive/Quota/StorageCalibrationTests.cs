using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Quota.Calibration;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Quota;

/// <summary>Recalculation of the bytes that a user is charged.</summary>
public sealed class StorageCalibrationTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(-70)]
    public async Task Given_wrong_bytes_in_use_when_counted_again_then_all_versions_and_the_trash_count(long error)
    {
        var site = await PrepareAsync();
        await site.Get<QuotaLedger>().ChargeAsync(DriveSite.Owner, "error", error, null);

        var used = await site.Get<StorageCalibration>().RunAsync(DriveSite.Owner);

        Assert.Equal((70, 70), (used, await site.UsedAsync()));
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Given_a_user_without_files_when_the_bytes_are_counted_again_then_there_are_none()
    {
        var site = await DriveSite.CreateAsync(azurite);

        Assert.Equal(0, await site.Get<StorageCalibration>().RunAsync(DriveSite.Owner));
    }

    [Fact]
    public async Task Given_an_unreleased_version_when_bytes_are_counted_then_it_counts_until_released()
    {
        var site = await PrepareAsync();
        var file = (await site.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path("a/file")))!;
        var links = file.OtherEntities;
        await site.Get<LinkReleases>().NoteAsync(DriveSite.Owner, file.Id, links, TestContext.Current.CancellationToken);
        await site.Tree.Updates.UpdateAsync(file, current => current with { OtherEntities = [] });

        Assert.Equal(70, await site.Get<StorageCalibration>().RunAsync(DriveSite.Owner));
        site.Wait(TimeSpan.FromHours(1));
        await site.Get<LinkReleases>().RunAsync();
        Assert.Equal((60, 60), (await site.UsedAsync(), await site.Get<StorageCalibration>().RunAsync(DriveSite.Owner)));
        Assert.Single(links, link => link.Type == EntityType.Version);
    }

    [Fact]
    public async Task Given_a_deletion_when_bytes_are_counted_again_then_what_was_deleted_does_not_count()
    {
        var site = await PrepareAsync();
        await site.Operations.DeleteAsync(DriveSite.NewWork(), DriveSite.Path("a"), keepBlobs: false);
        await site.Get<QuotaLedger>().ChargeAsync(DriveSite.Owner, "error", 5, null);

        Assert.Equal(30, await site.Get<StorageCalibration>().RunAsync(DriveSite.Owner));
    }

    private async Task<DriveSite> PrepareAsync()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.PutAsync("a/file", 10, versions: 2);
        await site.PutAsync("a/sub/deep", 20);
        await site.PutAsync("thrown/away", 30);
        await site.Operations.TrashAsync(DriveSite.NewWork(), DriveSite.Path("thrown"), "cloudreve://my/thrown", TimeSpan.FromDays(1));
        return site;
    }
}
