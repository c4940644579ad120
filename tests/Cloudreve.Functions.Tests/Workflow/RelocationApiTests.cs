using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Xunit;

namespace Cloudreve.Functions.Tests.Workflow;

public sealed class RelocationApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const int GroupId = 59;

    private AppFixture App => shared.App;

    [Theory]
    [InlineData("relocate")]
    [InlineData("reloacte")]
    public async Task Given_files_when_their_relocation_is_requested_by_either_path_then_the_task_is_queued_and_listed(string path)
    {
        var (client, user) = await NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        var policy = await PolicyAsync(StoragePolicy.DefaultId);

        var task = (await client.PostApiAsync("workflow/" + path, new { src = new[] { "cloudreve://my/a.txt" }, dst_policy_id = policy })).Data;

        Assert.Equal(("relocate", "queued"), (task.GetProperty("type").GetString(), task.GetProperty("status").GetString()));
        var props = task.GetProperty("summary").GetProperty("props");
        Assert.Equal(["cloudreve://my/a.txt"], props.GetProperty("src_multiple").EnumerateArray().Select(uri => uri.GetString()));
        Assert.Equal(policy, props.GetProperty("dst_policy_id").GetString());
        Assert.Single((await client.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_bad_request_when_it_is_made_then_the_documented_code_answers_and_no_task_exists()
    {
        var (client, user) = await NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        var (own, unknown) = (await PolicyAsync(StoragePolicy.DefaultId), await PolicyAsync(9_999));
        string[] source = ["cloudreve://my/a.txt"];

        Assert.Equal(40001, (await client.PostApiAsync("workflow/relocate", new { src = Array.Empty<string>(), dst_policy_id = own })).Code);
        Assert.Equal(40001, (await client.PostApiAsync("workflow/relocate", new { src = source })).Code);
        Assert.Equal(40035, (await client.PostApiAsync("workflow/relocate", new { src = source, dst_policy_id = "x" })).Code);
        Assert.Equal(40035, (await client.PostApiAsync("workflow/relocate", new { src = source, dst_policy_id = unknown })).Code);
        Assert.Equal(40016, (await client.PostApiAsync("workflow/relocate", new { src = new[] { "cloudreve://my/none" }, dst_policy_id = own })).Code);
        Assert.Empty((await client.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_group_without_the_permission_when_a_relocation_is_requested_then_it_is_refused()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);

        var answer = await client.PostApiAsync(
            "workflow/relocate", new { src = new[] { "cloudreve://my/a.txt" }, dst_policy_id = await PolicyAsync(StoragePolicy.DefaultId) });

        Assert.Equal(40007, answer.Code);
    }

    private async Task<string> PolicyAsync(int id) => (await App.GetSiteAsync()).HashIds.Encode(id, HashIdKind.Policy);

    private async Task<(HttpClient Client, User User)> NewUserAsync()
    {
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = GroupId, Permissions = g.Permissions.With((int)GroupPermission.Relocate, value: true) });
        return await App.NewUserAsync(GroupId);
    }
}
