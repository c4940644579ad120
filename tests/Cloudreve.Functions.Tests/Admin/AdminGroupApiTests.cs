using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>Groups as administrators see and change them (contract, sections 22 and 24).</summary>
public sealed class AdminGroupApiTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private HttpClient _admin = null!;

    private AppFixture App => shared.App;

    private SiteCatalog Catalog => App.Services.GetRequiredService<SiteCatalog>();

    public async ValueTask InitializeAsync() => _admin = await App.SignInAsync();

    public ValueTask DisposeAsync()
    {
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Given_groups_when_they_are_listed_then_they_come_with_their_policies_for_two_transactions()
    {
        await _admin.ListAsync("admin/group", "groups");
        AdminList list = null!;

        var transactions = await App.TransactionsOfAsync(async () => list = await _admin.ListAsync("admin/group", "groups", order: "id", direction: "asc"));

        Assert.Equal(AdminCalls.SignInCheck + 2, transactions);
        Assert.Equal([1L, 2, 3], list.Ids.Take(3));
        Assert.Equal("Default storage policy", list.Rows[0].GetProperty("edges").GetProperty("storage_policies").GetProperty("name").GetString());
        Assert.False(list.Rows[2].GetProperty("edges").TryGetProperty("storage_policies", out _));
        Assert.Equal(list.Ids.OrderDescending(), (await _admin.ListAsync("admin/group", "groups")).Ids);
        Assert.Equal(1, (await _admin.ListAsync("admin/group", "groups", size: 1, order: "max_storage")).Ids.Single());
    }

    [Fact]
    public async Task Given_the_front_ends_new_group_when_it_is_created_then_members_get_what_it_allows_at_once()
    {
        var id = await CreateAsync(Described("Editors", Boolset.Of(2, 3, 5, 7, 9), storage: 5000));
        var user = await App.CreateUserAsync(groupId: id);
        using var client = await App.SignInAsync(user.Email);

        Assert.Equal(5000, (await client.GetApiAsync("user/capacity")).Data.GetProperty("total").GetInt64());
        var group = await Catalog.GetGroupAsync(id);
        Assert.Equal(Boolset.Of(2, 3, 5, 7, 9), group.Permissions);
        Assert.Equal((1, 10, 604_800), (group.StoragePolicyId, group.Settings.SourceBatch, group.Settings.TrashRetention));
        Assert.Equal(1, (await _admin.GetApiAsync($"admin/group/{id}?countUser=true")).Data.GetProperty("total_users").GetInt32());
        Assert.Equal(40041, (await DeleteAsync(id)).Code);
    }

    [Fact]
    public async Task Given_a_group_when_it_is_changed_then_all_of_it_is_what_was_sent()
    {
        var id = await CreateAsync(Described("Before", Boolset.Of(2), storage: 1));

        var answer = await UpdateAsync(id, new { id, name = "After", max_storage = 7, speed_limit = 9, permissions = Boolset.Of(7).ToString(), settings = new { source_batch = 3 }, edges = new { storage_policies = new { id = 0 } } });

        Assert.Equal(("After", 7L, 9L), (answer.Data.GetProperty("name").GetString(), answer.Data.GetProperty("max_storage").GetInt64(), answer.Data.GetProperty("speed_limit").GetInt64()));
        var group = await Catalog.GetGroupAsync(id);
        Assert.Equal((null, 3, false), (group.StoragePolicyId, group.Settings.SourceBatch, group.Allows(GroupPermission.Share)));
    }

    [Fact]
    public async Task Given_a_group_without_members_when_it_is_deleted_then_its_id_never_comes_again()
    {
        var id = await CreateAsync(Described("Short-lived", Boolset.Of(2)));

        Assert.Equal(0, (await DeleteAsync(id)).Code);

        Assert.Equal(40039, (await _admin.GetApiAsync($"admin/group/{id}")).Code);
        Assert.Equal(40039, (await DeleteAsync(id)).Code);
        Assert.Equal(40039, (await UpdateAsync(id, Described("Back", Boolset.Of(2)))).Code);
        Assert.DoesNotContain(id, (await _admin.ListAsync("admin/group", "groups")).Ids);
        Assert.Null(await Catalog.FindGroupAsync(id));
        Assert.True(await CreateAsync(Described("Next", Boolset.Of(2))) > id);
    }

    [Fact]
    public async Task Given_groups_that_the_site_needs_when_they_are_deleted_then_the_documented_code_answers()
    {
        foreach (var id in (int[])[1, 2, 3])
            Assert.Equal(40040, (await DeleteAsync(id)).Code);
        Assert.Equal(40001, (await _admin.SendApiAsync(HttpMethod.Delete, "admin/group/0")).Code);
        var first = await CreateAsync(Described("For new accounts", Boolset.Of(2)));
        await SetDefaultGroupAsync(first);
        try
        {
            Assert.Equal(40041, (await DeleteAsync(first)).Code);
        }
        finally
        {
            await SetDefaultGroupAsync(Group.UserId);
        }
        Assert.Equal(0, (await DeleteAsync(first)).Code);
    }

    [Theory]
    [InlineData(1, new[] { 2, 4 })]
    [InlineData(1, new[] { 0, 1 })]
    [InlineData(2, new[] { 1, 2 })]
    [InlineData(3, new[] { 7 })]
    [InlineData(3, new[] { 0, 1, 7 })]
    public async Task Given_a_built_in_group_when_its_role_would_change_then_it_is_refused(int id, int[] bits)
    {
        var before = (await Catalog.GetGroupAsync(id)).Permissions;

        Assert.Equal(40001, (await UpdateAsync(id, Described("Changed", Boolset.Of(bits)))).Code);

        Assert.Equal(before, (await Catalog.GetGroupAsync(id)).Permissions);
    }

    [Theory]
    [InlineData(Group.AdminId, 40001)]
    [InlineData(Group.AnonymousId, 40001)]
    [InlineData(4_000, 40039)]
    [InlineData(9_999_999_999, 40039)]
    public async Task Given_a_group_that_strangers_must_not_join_when_it_becomes_the_default_then_it_is_refused(long id, int code)
    {
        var answer = await _admin.SendApiAsync(
            HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { ["siteDes"] = "Changed", [AccountSetting.DefaultGroup.Key] = $"{id}" } });

        Assert.Equal(code, answer.Code);
        Assert.Equal(Group.UserId, (await App.GetSiteAsync()).Get(AccountSetting.DefaultGroup));
        Assert.NotEqual("Changed", (await App.GetSiteAsync()).Get(AppearanceSetting.Description));
    }

    [Fact]
    public async Task Given_the_group_of_new_accounts_when_it_would_administer_then_it_is_refused()
    {
        Assert.Equal(40001, (await UpdateAsync(Group.UserId, Described("User", Boolset.Of(0, 2)))).Code);

        Assert.False((await Catalog.GetGroupAsync(Group.UserId)).Allows(GroupPermission.IsAdmin));
    }

    [Fact]
    public async Task Given_an_administrator_of_another_group_when_he_would_lock_himself_out_then_it_is_refused()
    {
        var id = await CreateAsync(Described("Other administrators", Boolset.Of(0, 2)));
        using var other = await App.SignInAsync((await App.CreateUserAsync(groupId: id)).Email);

        var own = await other.SendApiAsync(HttpMethod.Put, $"admin/group/{id}", new { group = Described("Mine", Boolset.Of(2)) });

        Assert.Equal(40001, own.Code);
        Assert.Equal(0, (await other.GetApiAsync("admin/group/1")).Code);
        Assert.Equal(0, (await UpdateAsync(id, Described("No administrators", Boolset.Of(2)))).Code);
        Assert.Equal(403, (await other.GetApiAsync("admin/group/1")).Code);
    }

    [Theory]
    [InlineData("""{"name":""}""", 40001)]
    [InlineData("""{"max_storage":1}""", 40001)]
    [InlineData("""{"name":"x","max_storage":-1}""", 40001)]
    [InlineData("""{"name":"x","max_storage":9007199254740992}""", 40001)]
    [InlineData("""{"name":"x","max_storage":1e300}""", 40001)]
    [InlineData("""{"name":"x","speed_limit":-5}""", 40001)]
    [InlineData("""{"name":"x","permissions":"?"}""", 40001)]
    [InlineData("""{"name":"x","settings":{"source_batch":-1}}""", 40001)]
    [InlineData("""{"name":"x","settings":{"trash_retention":2147483648}}""", 40001)]
    [InlineData("""{"name":"x","settings":{"compress_size":-1}}""", 40001)]
    [InlineData("""{"name":"x","settings":{"aria2_batch":-1}}""", 40001)]
    [InlineData("""{"name":"x","edges":{"storage_policies":{"id":12345}}}""", 40035)]
    [InlineData("""{"name":"x","edges":{"storage_policies":{"id":-1}}}""", 40035)]
    public async Task Given_an_invalid_group_when_it_is_created_then_the_documented_code_answers_and_none_exists(string group, int code)
    {
        var before = (await _admin.ListAsync("admin/group", "groups")).Ids;

        Assert.Equal(code, (await _admin.SendTextAsync(HttpMethod.Put, "admin/group", $$"""{"group":{{group}}}""")).Code);

        Assert.Equal(before, (await _admin.ListAsync("admin/group", "groups")).Ids);
    }

    [Fact]
    public async Task Given_a_group_that_another_process_made_when_a_member_calls_then_it_is_known_at_once()
    {
        // This process has read the groups; the other one writes beside it.
        await Catalog.ListGroupsAsync();
        var other = new SiteCatalog(App.Layout, TimeProvider.System);
        await other.SaveGroupAsync(new Group { Id = 700, Name = "From elsewhere", MaxStorage = 42, Permissions = Boolset.Of(2) });

        using var client = await App.SignInAsync((await App.CreateUserAsync(groupId: 700)).Email);

        Assert.Equal(42, (await client.GetApiAsync("user/capacity")).Data.GetProperty("total").GetInt64());
    }

    private static object Described(string name, Boolset permissions, long storage = 1 << 30) => new
    {
        id = 0,
        name,
        permissions = permissions.ToString(),
        max_storage = storage,
        settings = new { compress_size = 1 << 30, decompress_size = 1 << 30, max_walked_files = 100_000, trash_retention = 604_800, source_batch = 10, aria2_batch = 1, redirected_source = true },
        edges = new { storage_policies = new { id = 1 } },
    };

    private async Task<int> CreateAsync(object group)
    {
        var answer = await _admin.SendApiAsync(HttpMethod.Put, "admin/group", new { group });
        Assert.Equal((0, ""), (answer.Code, answer.Msg));
        return answer.Data.GetProperty("id").GetInt32();
    }

    private Task<ApiAnswer> UpdateAsync(int id, object group) => _admin.SendApiAsync(HttpMethod.Put, $"admin/group/{id}", new { group });

    private Task<ApiAnswer> DeleteAsync(int id) => _admin.SendApiAsync(HttpMethod.Delete, $"admin/group/{id}");

    private async Task SetDefaultGroupAsync(int id) => Assert.Equal(0, (await _admin.SendApiAsync(
        HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { [AccountSetting.DefaultGroup.Key] = $"{id}" } })).Code);
}
