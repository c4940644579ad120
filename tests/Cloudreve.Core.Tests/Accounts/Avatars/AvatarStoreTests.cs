using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts.Avatars;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tests.Content.Thumbnails;
using Cloudreve.Testing.Azurite;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Avatars;

public sealed class AvatarStoreTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_call_of_an_upload_when_it_ends_or_repeats_then_the_picture_is_shown(StorageFault fault)
    {
        var prefix = AzuriteServer.UniqueName();
        var world = new IdentityWorld(new StorageLayout(azurite.Connect(), prefix));
        await world.Bootstrap.EnsureAsync();
        var site = await world.Settings.GetAsync();
        var picture = Pictures.RedAndBlue(MagickFormat.Jpeg);
        for (var index = 0; ; index++)
        {
            var user = await world.CreateUserAsync($"jane{index}@example.com");
            var crash = new CrashPoint(index, fault) { IsArmed = true };
            var process = new IdentityWorld(new StorageLayout(azurite.Connect(crash.Decide), prefix), world.Clock);

            var error = await Record.ExceptionAsync(() => new AvatarStore(process.Layout, process.Users).SaveAsync(site, user.Id, picture));

            Assert.True(error is null or SimulatedCrashException, error?.ToString());
            var store = new AvatarStore(world.Layout, world.Users);
            if (error is not null)
                await store.SaveAsync(site, user.Id, picture);
            Assert.Equal(AvatarStore.FromFile, (await world.Users.FindAsync(user.Id))!.Avatar);
            Assert.NotNull(await store.FindAsync(site, user.Id));
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_a_picture_that_unpacks_into_gigabytes_when_uploaded_then_it_is_refused()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("jane@example.com");

        var error = await Assert.ThrowsAsync<CloudreveException>(
            async () => await new AvatarStore(world.Layout, world.Users).SaveAsync(await world.Settings.GetAsync(), user.Id, Pictures.Bomb(30_000, 30_000)));

        Assert.Equal(ErrorCode.BadParameter, error.Code);
        Assert.Equal("", (await world.Users.FindAsync(user.Id))!.Avatar);
    }
}
