using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Load.Checks;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Accounts;

/// <summary>Kills host and worker while accounts are deleted. The long form is that of <see cref="CrashPlan"/>.</summary>
[Collection(nameof(AccountRemovalKillTests))]
public sealed class AccountRemovalKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private const string Work = "Executing 'Functions.RemoveAccountData'";
    private static readonly string[] s_names = ["ann", "bob"];
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Fact]
    public async Task Accounts_that_are_deleted_together_leave_nothing_when_the_host_is_killed_meanwhile()
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        var users = new List<JsonElement>();
        foreach (var name in s_names)
            users.Add(await MakeUserAsync(site, name));
        await site.EventuallyAsync(() => HasImportedAsync(site), s_limit);

        await site.Client.PostAsync("admin/user/batch/delete", new { ids = users.Select(user => user.GetProperty("id").GetInt64()) });
        var met = 0;
        for (var i = 0; i < _plan.Delays.Count; i++)
        {
            await site.EventuallyAsync(async () => site.Host.Count(Work) > 0 || await AreAddressesFreeAsync(site), s_limit);
            // The first one surely meets the work.
            await Task.Delay(i == 0 ? TimeSpan.Zero : _plan.Delays[i]);
            met += await AreAddressesFreeAsync(site) ? 0 : 1;
            await site.RestartAsync();
        }
        output.WriteLine($"{met} kills met the removal at work");
        Assert.NotEqual(0, met);

        // Their addresses are free once the first round has passed everything else.
        await site.EventuallyAsync(() => AreAddressesFreeAsync(site), s_limit);
        await site.KillAsync();
        await using var rest = new SiteRest(site.Storage, site.Prefix, output.WriteLine);
        await rest.FinishRemovalsAsync();
        await rest.CleanUpAsync();
        Assert.Empty(await rest.CheckAsync());
        Assert.Empty(await FindRowsAsync(site, [.. users.Select(user => user.GetProperty("id").GetInt64())]));
        Assert.Empty((await site.Files.ListPageAsync("", "")).Blobs);
    }

    /// <summary>Creates an account and begins to import the tree into its drive.</summary>
    private async Task<JsonElement> MakeUserAsync(Site site, string name)
    {
        await _plan.WriteTreeAsync(site, name);
        var user = await site.Client.SendAsync(HttpMethod.Put, "admin/user", JsonContent.Create(new
        {
            user = new { email = MailOf(name), nick = name, group_users = 2 },
            password = SiteClient.AdminPassword,
        }));
        await site.Client.PostAsync("workflow/import", new
        {
            src = "/" + name,
            dst = "/copy",
            user_id = user.GetProperty("hash_id").GetString(),
            policy_id = 1,
            recursive = true,
            extract_media_meta = false,
        });
        return user;
    }

    private static async Task<bool> HasImportedAsync(Site site)
    {
        var page = await site.Client.PostAsync("admin/queue", new { page = 1, page_size = 10, conditions = new { task_type = "import", task_status = "completed" } });
        return page.GetProperty("pagination").GetProperty("total_items").GetInt64() == s_names.Length;
    }

    /// <summary>Checks for the rows that bind the mail addresses to the accounts.</summary>
    private static async Task<bool> AreAddressesFreeAsync(Site site) =>
        !await site.Layout.Users.ScanAsync("PartitionKey ge 'm' and PartitionKey lt 'n'").AnyAsync(row => s_names.Any(name => row.Text("mail") == MailOf(name)));

    private static string MailOf(string name) => name + "@example.com";

    /// <summary>Rows that still name one of some accounts.</summary>
    private static async Task<List<string>> FindRowsAsync(Site site, HashSet<long> users)
    {
        string[] columns = ["o", "u", "by"];
        string[] partitions = [.. users.Select(id => $"u{id:x}")];
        var found = new List<string>();
        foreach (var table in site.Layout.AllTables.Where(table => table.Name != site.Layout.IdLeases.Name))
        {
            await foreach (var row in table.ScanAsync())
            {
                if (partitions.Contains(row.PartitionKey) || columns.Any(column => row[column] is long id && users.Contains(id)))
                    found.Add($"{table.Name} {row.PartitionKey} {row.RowKey}");
            }
        }
        return found;
    }
}
