using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Site;
using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Workflows;

/// <summary>Kills host and worker at random moments while they move a tree's blobs to another storage policy.</summary>
public sealed class RelocationKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Fact]
    public async Task A_tree_that_was_relocated_under_kills_is_whole_and_in_the_other_container_alone()
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        await KilledTask.AwaitEndAsync(site, await _plan.StartImportAsync(site));
        var bucket = $"{site.Prefix}-other";
        var policy = await AddPolicyAsync(site, bucket);

        var task = await site.Client.PostAsync("workflow/relocate", new { src = new[] { "cloudreve://my/copy" }, dst_policy_id = policy });
        await _plan.KillAsync(site, task.GetProperty("id").GetString()!);

        await _plan.AssertRestAsync(site);
        await _plan.AssertTreeAsync(site, "cloudreve://my/copy");
        Assert.Equal(_plan.TotalBytes, (await site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64());
        Assert.Equal(_plan.Files, await CountAsync(site, bucket));
        Assert.Equal(new byte[6], await site.Client.DownloadAsync("cloudreve://my/copy/d0006/f00006"));
    }

    /// <summary>Adds a policy, which becomes that of the administrators, who may relocate from now on.</summary>
    /// <returns>The policy's encoded id.</returns>
    private static async Task<string> AddPolicyAsync(Site site, string bucket)
    {
        await site.Storage.Container(bucket).CreateIfNotExistsAsync();
        var policy = await site.Client.SendAsync(HttpMethod.Put, "admin/policy", JsonContent.Create(new
        {
            policy = new
            {
                name = "Other",
                type = "s3",
                is_private = true,
                server = site.Storage.BlobEndpoint.AbsoluteUri.TrimEnd('/'),
                bucket_name = bucket,
                access_key = "any",
                secret_key = "any",
                dir_name_rule = "moved/{path}",
                file_name_rule = "{uuid}_{originname}",
                settings = new { chunk_size = 26_214_400, region = "any" },
            },
        }));
        var group = JsonNode.Parse((await site.Client.GetAsync("admin/group/1")).GetRawText())!;
        Assert.True(Boolset.TryParse(group["permissions"]!.GetValue<string>(), out var permissions));
        group["permissions"] = permissions.With((int)GroupPermission.Relocate, value: true).ToString();
        group["edges"] = new JsonObject { ["storage_policies"] = new JsonObject { ["id"] = policy.GetProperty("id").GetInt32() } };
        await site.Client.SendAsync(HttpMethod.Put, "admin/group/1", JsonContent.Create(new JsonObject { ["group"] = group }));
        string? id = null;
        await site.EventuallyAsync(async () =>
        {
            var shown = (await site.Client.GetAsync("file?page_size=50&uri=cloudreve%3A%2F%2Fmy")).GetProperty("storage_policy");
            id = shown.GetProperty("id").GetString();
            return shown.GetProperty("name").GetString() == "Other";
        });
        return id!;
    }

    private static async Task<int> CountAsync(Site site, string bucket)
    {
        var (count, next) = (0, (string?)null);
        do
        {
            var page = await site.Storage.Container(bucket).ListPageAsync("", next);
            (count, next) = (count + page.Blobs.Count, page.ContinuationToken);
        }
        while (next is not null);
        return count;
    }
}
