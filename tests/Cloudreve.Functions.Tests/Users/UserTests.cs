using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Users;

public sealed class UserTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_signed_in_user_when_asking_for_itself_then_the_own_object_comes_complete()
    {
        var user = await App.CreateUserAsync("jane@example.com");

        var data = (await (await App.SignInAsync(user.Email)).GetApiAsync("user/me")).Data;

        Assert.Equal("jane", data.GetProperty("nickname").GetString());
        Assert.Equal("jane@example.com", data.GetProperty("email").GetString());
        Assert.Equal("hAg=", data.GetProperty("group").GetProperty("permission").GetString());
        Assert.Equal(604_800, data.GetProperty("group").GetProperty("trash_retention").GetInt32());
    }

    [Theory]
    [InlineData("user/me")]
    [InlineData("user/capacity")]
    public async Task Given_nobody_signed_in_when_an_own_route_is_called_then_a_login_is_required(string path) =>
        Assert.Equal(401, (await App.CreateClient().GetApiAsync(path)).Code);

    [Fact]
    public async Task Given_another_user_when_looked_at_then_only_signed_in_callers_see_the_address()
    {
        var user = await App.CreateUserAsync();
        var path = "user/info/" + (await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User);

        var seenByNobody = (await App.CreateClient().GetApiAsync(path)).Data;
        var seenByAdmin = (await (await App.SignInAsync()).GetApiAsync(path)).Data;

        Assert.False(seenByNobody.TryGetProperty("email", out _));
        Assert.Equal(user.Email, seenByAdmin.GetProperty("email").GetString());
        Assert.False(seenByAdmin.TryGetProperty("status", out _));
        Assert.False(seenByAdmin.GetProperty("group").TryGetProperty("permission", out _));
    }

    [Fact]
    public async Task Given_ids_of_nobody_when_they_are_looked_up_then_malformed_and_unknown_ones_differ()
    {
        var hashIds = (await App.GetSiteAsync()).HashIds;

        Assert.Equal(40001, (await App.CreateClient().GetApiAsync("user/info/-")).Code);
        Assert.Equal(40001, (await App.CreateClient().GetApiAsync("user/info/" + hashIds.Encode(1, HashIdKind.Share))).Code);
        Assert.Equal(40021, (await App.CreateClient().GetApiAsync("user/info/" + hashIds.Encode(987_654, HashIdKind.User))).Code);
    }

    [Fact]
    public async Task Given_charged_bytes_when_the_capacity_is_asked_then_it_shows_them_and_the_groups_storage()
    {
        var user = await App.CreateUserAsync();
        await App.Services.GetRequiredService<QuotaLedger>().ChargeAsync(user.Id, "test", 1234, limit: null);

        var data = (await (await App.SignInAsync(user.Email)).GetApiAsync("user/capacity")).Data;

        Assert.Equal(1L << 30, data.GetProperty("total").GetInt64());
        Assert.Equal(1234, data.GetProperty("used").GetInt64());
    }
}
