using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Users;

/// <summary>Removing accounts, and recalculating their storage (contract, section 24).</summary>
public sealed class AdminUserRemovalTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_accounts_when_they_are_deleted_then_they_are_closed_at_once_and_tasks_remove_them()
    {
        var (one, two) = (await App.CreateUserAsync(), await App.CreateUserAsync());
        var client = await App.SignInAsync(one.Email);
        var admin = await App.SignInAsync();

        var answer = await admin.PostApiAsync("admin/user/batch/delete", new { ids = new[] { one.Id, two.Id, one.Id } });

        Assert.Equal(0, answer.Code);
        Assert.Equal(40017, (await client.GetApiAsync("user/me")).Code);
        foreach (var user in (User[])[one, two])
        {
            Assert.Equal(40021, (await admin.GetApiAsync($"admin/user/{user.Id}")).Code);
            Assert.Equal(40021, (await admin.SendApiAsync(HttpMethod.Put, $"admin/user/{user.Id}", new { user = new { status = "active" } })).Code);
            Assert.Equal(40021, (await admin.SendApiAsync(HttpMethod.Post, $"admin/user/{user.Id}/calibrate")).Code);
        }
        Assert.Equal(40017, (await App.CreateClient().PostApiAsync("session/token", new { email = one.Email, password = AppFixture.Password })).Code);
        var tasks = (await App.Services.GetRequiredService<TaskStore>().ListAsync(User.FirstId, [AccountRemoval.TaskType], [], 10, null)).Tasks;
        Assert.Equal(
            [one.Id, two.Id],
            tasks.Select(AccountRemoval.ReferenceOf).Select(reference => reference.UserId).Where(id => id == one.Id || id == two.Id).Order());
    }

    [Fact]
    public async Task Given_accounts_that_may_not_be_deleted_among_others_when_deleted_then_the_others_go()
    {
        var (own, other) = (await App.CreateUserAsync(groupId: Group.AdminId), await App.CreateUserAsync());
        var admin = await App.SignInAsync(own.Email);

        var answer = await admin.PostApiAsync("admin/user/batch/delete", new { ids = new[] { User.FirstId, own.Id, 999_999, other.Id } });

        Assert.Equal(40081, answer.Code);
        var failures = answer.Root.GetProperty("aggregated_error").EnumerateObject().ToDictionary(failure => failure.Name, failure => failure.Value.GetProperty("code").GetInt32());
        Assert.Equal(new Dictionary<string, int> { ["1"] = 40043, [$"{own.Id}"] = 40043, ["999999"] = 40021 }, failures);
        Assert.Equal(0, (await admin.GetApiAsync("user/me")).Code);
        Assert.Equal(40021, (await admin.GetApiAsync($"admin/user/{other.Id}")).Code);
    }

    [Theory]
    [InlineData("""{"ids":[]}""")]
    [InlineData("""{"ids":["1"]}""")]
    [InlineData("""{"ids":null}""")]
    [InlineData("{}")]
    public async Task Given_a_malformed_body_when_accounts_are_deleted_then_it_is_a_bad_parameter(string body) =>
        Assert.Equal(40001, (await (await App.SignInAsync()).SendTextAsync(HttpMethod.Post, "admin/user/batch/delete", body)).Code);

    [Fact]
    public async Task Given_bytes_in_use_that_are_wrong_when_they_are_counted_again_then_they_are_right()
    {
        var user = await App.CreateUserAsync();
        await App.Services.GetRequiredService<QuotaLedger>().ChargeAsync(user.Id, "error", 1234, null);
        var admin = await App.SignInAsync();
        Assert.Equal(1234, (await admin.GetApiAsync($"admin/user/{user.Id}")).Data.GetProperty("storage").GetInt64());

        var answer = await admin.SendApiAsync(HttpMethod.Post, $"admin/user/{user.Id}/calibrate");

        Assert.Equal((0, 0), (answer.Code, answer.Data.GetProperty("storage").GetInt64()));
        Assert.Equal(0, await App.Services.GetRequiredService<QuotaLedger>().GetUsedAsync(user.Id));
        Assert.Equal(40021, (await admin.SendApiAsync(HttpMethod.Post, "admin/user/999999/calibrate")).Code);
    }
}
