using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class DriveAccessTests(AzuriteServer azurite)
{
    private static readonly HashIdCodec HashIds = new("salt");
    private static readonly Caller Anonymous = new(User: null, new Group { Id = Group.AnonymousId, Name = "Anonymous" });
    private static readonly Caller Member = new(NewUser(7), new Group { Id = Group.UserId, Name = "User" });
    private static readonly Caller Admin = new(NewUser(1), new Group { Id = Group.AdminId, Name = "Admin", Permissions = Boolset.Of((int)GroupPermission.IsAdmin) });

    [Theory]
    [InlineData("")]
    [InlineData("own")]
    public async Task Given_the_own_drive_when_it_is_opened_then_the_view_keeps_the_form_that_the_caller_wrote(string id)
    {
        var text = id.Length == 0 ? "cloudreve://my/a/b" : $"cloudreve://{HashIds.Encode(7, HashIdKind.User)}@my/a/b";

        var place = await (await AccessAsync()).OpenAsync(Member, FileUri.Parse(text + "?name=x"), NavigatorCapability.ListChildren, HashIds);

        Assert.Equal((7L, "/a/b", text, NavigatorCapabilities.My), (place.OwnerId, place.Path.ToString(), place.View.ToString(), place.Capabilities));
        Assert.Equal(text + "/c", place.UriOf(place.Path.Child("c")).ToString());
    }

    [Theory]
    [InlineData("cloudreve://my")]
    [InlineData("cloudreve://trash")]
    [InlineData("cloudreve://shared_with_me")]
    public Task Given_an_anonymous_caller_when_a_private_file_system_is_opened_then_signing_in_is_required(string uri) =>
        AssertRefusedAsync(ErrorCode.LoginRequired, Anonymous, uri, NavigatorCapability.ListChildren);

    [Fact]
    public async Task Given_the_drive_of_another_user_when_it_is_opened_then_everybody_is_refused()
    {
        await AssertRefusedAsync(ErrorCode.NoPermission, Member, $"cloudreve://{HashIds.Encode(1, HashIdKind.User)}@my", NavigatorCapability.ListChildren);
        await AssertRefusedAsync(ErrorCode.NoPermission, Admin, $"cloudreve://{HashIds.Encode(7, HashIdKind.User)}@my", NavigatorCapability.ListChildren);
    }

    [Fact]
    public async Task Given_an_id_that_is_no_user_when_the_drive_is_opened_then_it_is_refused()
    {
        await AssertRefusedAsync(ErrorCode.NoPermission, Member, "cloudreve://7@my", NavigatorCapability.ListChildren);
        await AssertRefusedAsync(ErrorCode.NoPermission, Member, $"cloudreve://{HashIds.Encode(7, HashIdKind.File)}@my", NavigatorCapability.ListChildren);
    }

    [Fact]
    public Task Given_a_capability_that_drives_lack_when_one_is_opened_for_it_then_it_is_refused() =>
        AssertRefusedAsync(ErrorCode.NoPermission, Member, "cloudreve://my", NavigatorCapability.Restore);

    [Fact]
    public void Given_a_file_when_details_are_requested_then_only_owner_and_administrators_see_them()
    {
        var file = DriveBuilder.NewRecord(1_000, 7, FileType.File, "f");

        DriveAccess.RequireOwner(Member, file);
        DriveAccess.RequireOwner(Admin, file);
        Assert.Equal(ErrorCode.OwnerOnly, Assert.Throws<CloudreveException>(() => DriveAccess.RequireOwner(Member, file with { OwnerId = 8 })).Code);
        Assert.Equal(ErrorCode.OwnerOnly, Assert.Throws<CloudreveException>(() => DriveAccess.RequireOwner(Anonymous, file)).Code);
    }

    private static User NewUser(long id) => new() { Id = id, Email = $"{id}@example.com", Nick = "n", GroupId = Group.UserId, CreatedAt = default };

    private async Task AssertRefusedAsync(ErrorCode code, Caller caller, string uri, NavigatorCapability capability)
    {
        var access = await AccessAsync();
        var refused = await Assert.ThrowsAsync<CloudreveException>(async () => await access.OpenAsync(caller, FileUri.Parse(uri), capability, HashIds));
        Assert.Equal(code, refused.Code);
    }

    private async Task<DriveAccess> AccessAsync() => (await DriveSite.CreateAsync(azurite)).Get<DriveAccess>();
}
