using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>Reserved bytes are charged as long as the file exists, also in the trash; when it is deleted for good they are freed.</summary>
public sealed class DeletedUploadTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData("/d/file", false)]
    [InlineData("/d/file", true)]
    [InlineData("/d", false)]
    [InlineData("/d", true)]
    public async Task Given_a_file_in_upload_when_it_or_its_folder_is_deleted_then_the_reserved_bytes_are_free(string deleted, bool overwrites)
    {
        var site = await UploadSite.CreateAsync(azurite);
        if (overwrites)
            await site.WriteAsync("/d/file", UploadSite.Bytes(30));
        var content = UploadSite.Bytes(250);
        var session = await site.BeginAsync("/d/file", content.Length, overwrites);
        await site.StageAsync(session, content);
        await UnlockAsync(site, session);

        await ChangeAsync(site, (o, w) => o.DeleteAsync(w, DriveSite.Path(deleted), keepBlobs: false));

        Assert.Equal(0, await site.Drive.UsedAsync());
        Assert.Equal(ErrorCode.PathNotFound, (await Assert.ThrowsAsync<CloudreveException>(() => site.CompleteAsync(session.Id))).Code);
        Assert.Equal(0, await site.Drive.UsedAsync());
        await site.RecoverAsync();
        Assert.Equal(0, await site.Drive.UsedAsync());
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_file_in_upload_when_it_is_in_the_trash_then_the_bytes_stay_reserved()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var session = await site.BeginAsync("/file", 250);
        await UnlockAsync(site, session);

        var trashed = "";
        await ChangeAsync(site, async (o, w) => trashed = (await o.TrashAsync(w, DriveSite.Path("/file"), "cloudreve://my/file", TimeSpan.FromHours(1))).Name);
        Assert.Equal(250, await site.Drive.UsedAsync());
        await ChangeAsync(site, (o, w) => o.DeleteTrashedAsync(w, trashed, keepBlobs: false));

        Assert.Equal(0, await site.Drive.UsedAsync());
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_deleted_file_whose_upload_held_the_lock_when_the_name_is_reused_then_it_is_free()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var session = await site.BeginAsync("/file", 250);
        var work = new DriveWork(DriveSite.Owner, new Actor(DriveSite.Owner)) { LockTokens = [session.LockToken] };
        await site.Drive.Operations.DeleteAsync(work, DriveSite.Path("/file"), keepBlobs: false);

        await site.UploadAsync("/file", UploadSite.Bytes(10));

        Assert.Equal(10, await site.Drive.UsedAsync());
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    private static async Task UnlockAsync(UploadSite site, UploadSession session) =>
        await site.Drive.Get<DriveLocks>().ReleaseAsync(DriveSite.Owner, session.LockToken);

    private static async Task ChangeAsync(UploadSite site, Func<DriveOperations, DriveWork, Task> change)
    {
        var work = new DriveWork(DriveSite.Owner, new Actor(DriveSite.Owner));
        await change(site.Drive.Operations, work);
    }
}
