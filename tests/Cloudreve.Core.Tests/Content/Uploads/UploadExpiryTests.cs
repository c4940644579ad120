using Cloudreve.Core.Content.Uploads;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

public sealed class UploadExpiryTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_uploads_of_every_outcome_when_their_time_is_up_then_no_row_of_them_is_kept()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.UploadAsync("/completed", UploadSite.Bytes(150));
        var cancelled = await site.BeginAsync("/cancelled", 150);
        await site.Drive.Get<UploadCancellation>().CancelAsync(cancelled.Id, cancelled.OwnerId);
        await site.BeginAsync("/left", 150);
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(10));

        await later.Drive.Get<UploadExpiry>().RunAsync();

        Assert.Empty(await site.Layout.Uploads.ScanAsync().ToListAsync());
        Assert.Equal(150, await site.Drive.UsedAsync());
    }
}
