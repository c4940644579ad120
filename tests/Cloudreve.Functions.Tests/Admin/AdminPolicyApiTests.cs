using System.Globalization;
using System.Text.Json;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Cloudreve.Functions.Tests.Files.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>Storage policies as administrators see and change them (contract, sections 22 and 24).</summary>
public sealed class AdminPolicyApiTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private HttpClient _admin = null!;

    private AppFixture App => shared.App;

    private string Endpoint => App.Account.BlobEndpoint.AbsoluteUri.TrimEnd('/');

    public async ValueTask InitializeAsync() => _admin = await App.SignInAsync();

    public ValueTask DisposeAsync()
    {
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Given_a_new_site_when_policies_are_listed_then_the_seeded_one_costs_two_calls()
    {
        await ListAsync(new { page = 1, page_size = 1000, order_by = "id", order_direction = "asc" });
        ApiAnswer answer = null!;

        var transactions = await App.TransactionsOfAsync(async () => answer = await ListAsync(new { page = 1, page_size = 1000, order_by = "id", order_direction = "asc" }));

        Assert.Equal(AdminCalls.SignInCheck + 2, transactions);
        var policy = answer.Data.GetProperty("policies")[0];
        Assert.Equal(1, policy.GetProperty("id").GetInt32());
        Assert.Equal("s3", policy.GetProperty("type").GetString());
        Assert.Equal(Endpoint, policy.GetProperty("server").GetString());
        Assert.Equal(["Admin", "User"], policy.GetProperty("edges").GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("name").GetString()));
        Assert.Equal(0, answer.Data.GetProperty("pagination").GetProperty("page").GetInt32());
    }

    [Fact]
    public async Task Given_policies_when_they_are_listed_by_type_and_page_then_only_those_come()
    {
        var local = await CreateAsync(new { name = "Filtered", type = "local" });
        var ids = await IdsAsync(new { page = 1, page_size = 1000, order_by = "", order_direction = "desc", conditions = new { policy_type = "local" } });

        Assert.Contains(local, ids);
        Assert.DoesNotContain(1, ids);
        Assert.Equal(ids.OrderDescending(), ids);
        Assert.Equal([1], await IdsAsync(new { page = 1, page_size = 1, order_by = "id", order_direction = "asc", conditions = new { policy_type = "" } }));
        Assert.Empty(await IdsAsync(new { page = int.MaxValue, page_size = 1000 }));
    }

    [Theory]
    [InlineData("""{"page":0,"page_size":10}""")]
    [InlineData("""{"page":1,"page_size":0}""")]
    [InlineData("""{"page":1,"page_size":1001}""")]
    [InlineData("""{"page":1,"page_size":10,"order_by":"secret_key"}""")]
    [InlineData("""{"page":1,"page_size":10,"order_direction":"up"}""")]
    [InlineData("""{"page":1,"page_size":10,"conditions":{"policy_name":"x"}}""")]
    [InlineData("""{"page_size":10}""")]
    public async Task Given_a_bad_page_when_policies_are_listed_then_it_is_a_bad_parameter(string body) =>
        Assert.Equal(40001, (await _admin.SendTextAsync(HttpMethod.Post, "admin/policy", body)).Code);

    [Fact]
    public async Task Given_the_wizards_direct_policy_when_a_group_gets_it_then_older_files_stay_readable()
    {
        using var user = await UploadingUser.CreateAsync(App);
        var old = await new WebUploader(user.Api, "cloudreve://my/old.bin", UploadingUser.Bytes(100)).RunAsync();
        var container = "second-" + Guid.NewGuid().ToString("N")[..8];
        var id = await CreateAsync(Direct(container));

        await WithPolicyOfUsersAsync(id, async () =>
        {
            var upload = await new WebUploader(user.Api, "cloudreve://my/new.bin", UploadingUser.Bytes(200)).RunAsync();

            Assert.Equal("s3", upload.Type);
            Assert.Contains($"/{container}/", await user.AddressAsync("cloudreve://my/new.bin"), StringComparison.Ordinal);
            Assert.Equal(upload.Content, await user.DownloadAsync("cloudreve://my/new.bin"));
            Assert.Equal(old.Content, await user.DownloadAsync("cloudreve://my/old.bin"));
        });
        var detail = (await _admin.GetApiAsync($"admin/policy/{id}?countEntity=true")).Data;
        Assert.Equal(1, detail.GetProperty("entities_count").GetInt64());
        Assert.Equal(200, detail.GetProperty("entities_size").GetInt64());
        Assert.Equal(40037, (await DeleteAsync(id)).Code);
    }

    [Fact]
    public async Task Given_the_wizards_local_policy_when_a_group_gets_it_then_content_passes_through_the_site()
    {
        using var user = await UploadingUser.CreateAsync(App);
        var id = await CreateAsync(new { id = 0, name = "Local", type = "local", file_name_rule = "{uuid}_{originname}", settings = new { chunk_size = 26214400, pre_allocate = true }, edges = new { } });

        await WithPolicyOfUsersAsync(id, async () =>
        {
            var upload = await new WebUploader(user.Api, "cloudreve://my/relayed.bin", UploadingUser.Bytes(300)).RunAsync();

            Assert.Equal("local", upload.Type);
            Assert.StartsWith(App.Address.AbsoluteUri, await user.AddressAsync("cloudreve://my/relayed.bin"), StringComparison.Ordinal);
            Assert.Equal(upload.Content, await user.DownloadAsync("cloudreve://my/relayed.bin"));
        });
        Assert.Equal("uploads/{uid}/{path}", (await _admin.GetApiAsync($"admin/policy/{id}")).Data.GetProperty("dir_name_rule").GetString());
    }

    [Fact]
    public async Task Given_a_policy_without_a_number_of_parallel_chunks_when_shown_then_it_names_none()
    {
        var id = await CreateAsync(new { name = "Parallel", type = "local" });

        var settings = (await _admin.GetApiAsync($"admin/policy/{id}")).Data.GetProperty("settings");

        // Its form needs at least 1, and takes that when there is none.
        Assert.False(settings.TryGetProperty("chunk_concurrency", out _));
    }

    [Fact]
    public async Task Given_a_policy_when_its_rules_are_changed_then_they_hold_and_place_and_secret_stay()
    {
        var id = await CreateAsync(Direct("edited-" + Guid.NewGuid().ToString("N")[..8]));
        var shown = (await _admin.GetApiAsync($"admin/policy/{id}")).Data;
        var edited = JsonSerializer.Deserialize<Dictionary<string, object>>(shown.GetRawText())!;
        edited["name"] = "Edited";
        edited["max_size"] = 1234;
        edited["dir_name_rule"] = "data/{uid}";

        var answer = await _admin.SendApiAsync(HttpMethod.Put, $"admin/policy/{id}", new { policy = edited });

        Assert.Equal("Edited", answer.Data.GetProperty("name").GetString());
        Assert.Equal(1234, answer.Data.GetProperty("max_size").GetInt64());
        var stored = await App.Services.GetRequiredService<SiteCatalog>().GetPolicyAsync(id);
        Assert.Equal(["uploads/{uid}/{path}"], stored.FormerDirNameRules);
        Assert.Equal(("", "", ""), (stored.Server, stored.AccessKey, stored.SecretKey));
    }

    [Fact]
    public async Task Given_a_policy_of_another_account_when_shown_and_changed_then_its_secret_stays_hidden()
    {
        var key = Convert.ToBase64String(new byte[64]);
        var catalog = App.Services.GetRequiredService<SiteCatalog>();
        await catalog.SavePolicyAsync(await catalog.GetPolicyAsync(1) with
        {
            Id = 900,
            Server = "https://elsewhere.blob.core.windows.net",
            BucketName = "files",
            AccessKey = "elsewhere",
            SecretKey = key,
        });

        var shown = (await _admin.GetApiAsync("admin/policy/900")).Data;
        var answer = await _admin.SendApiAsync(HttpMethod.Put, "admin/policy/900", new
        {
            policy = new { name = "Elsewhere", type = "s3", server = "https://elsewhere.blob.core.windows.net/", access_key = "elsewhere", secret_key = shown.GetProperty("secret_key").GetString() },
        });

        Assert.Equal(0, answer.Code);
        Assert.DoesNotContain(key, shown.GetRawText() + answer.Root.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(key, (await catalog.GetPolicyAsync(900)).SecretKey);
    }

    [Theory]
    [InlineData("""{"name":"x","type":"onedrive"}""", 40006)]
    [InlineData("""{"name":"x","type":"load_balance"}""", 40006)]
    [InlineData("""{"name":"x","type":"tape"}""", 40001)]
    [InlineData("""{"name":"x"}""", 40001)]
    [InlineData("""{"name":" ","type":"local"}""", 40001)]
    [InlineData("""{"name":"a\u0007","type":"local"}""", 40001)]
    [InlineData("""{"type":"local"}""", 40001)]
    [InlineData("""{"name":"x","type":"local","max_size":-1}""", 40001)]
    [InlineData("""{"name":"x","type":"local","settings":{"chunk_size":-1}}""", 40001)]
    [InlineData("""{"name":"x","type":"local","settings":{"chunk_size":9223372036854775807}}""", 40001)]
    [InlineData("""{"name":"x","type":"local","settings":{"chunk_concurrency":101}}""", 40001)]
    [InlineData("""{"name":"x","type":"local","settings":{"file_regexp":"("}}""", 40001)]
    [InlineData("""{"name":"x","type":"local","settings":{"file_regexp":"(?=a)b"}}""", 40001)]
    [InlineData("""{"name":"x","type":"local","settings":{"file_type":[null]}}""", 40001)]
    [InlineData("""{"name":"x","type":"local","settings":{"custom_proxy":true,"proxy_server":"javascript:x"}}""", 40001)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"files"}""", 40001)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"files","server":"https://s3.amazonaws.com","access_key":"a","secret_key":"b"}""", 40006)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"files","server":"http://169.254.169.254/","access_key":"a","secret_key":"b"}""", 40006)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"files","server":"https://acc.blob.core.windows.net.evil.example","access_key":"acc","secret_key":"YQ=="}""", 40006)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"files","server":"https://acc.blob.core.windows.net","access_key":"other","secret_key":"YQ=="}""", 40001)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"files","server":"https://acc.blob.core.windows.net","access_key":"acc","secret_key":"YQ==;BlobEndpoint=http://x"}""", 40001)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"Not-A-Container","server":"{endpoint}","access_key":"a","secret_key":"b"}""", 40001)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"two--hyphens","server":"{endpoint}","access_key":"a","secret_key":"b"}""", 40001)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"{avatars}","server":"{endpoint}","access_key":"a","secret_key":"b"}""", 40006)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"azure-webjobs-secrets","server":"{endpoint}","access_key":"a","secret_key":"b"}""", 40006)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"{files}","server":"{endpoint}","dir_name_rule":"{path}"}""", 40001)]
    [InlineData("""{"name":"x","type":"s3","bucket_name":"{files}","server":"{endpoint}","dir_name_rule":"imports/{uid}"}""", 40001)]
    public async Task Given_an_invalid_policy_when_it_is_created_then_the_documented_code_answers(string policy, int code)
    {
        var before = await IdsAsync(new { page = 1, page_size = 1000 });
        var body = policy.Replace("{endpoint}", Endpoint, StringComparison.Ordinal)
            .Replace("{avatars}", App.Layout.AvatarsContainerName, StringComparison.Ordinal)
            .Replace("{files}", App.Layout.FilesContainerName, StringComparison.Ordinal);

        var answer = await _admin.SendTextAsync(HttpMethod.Put, "admin/policy", $$"""{"policy":{{body}}}""");

        Assert.Equal(code, answer.Code);
        Assert.Equal(before, await IdsAsync(new { page = 1, page_size = 1000 }));
    }

    [Fact]
    public async Task Given_an_account_that_does_not_let_the_site_in_when_a_policy_is_created_then_none_exists()
    {
        var root = App.Account.BlobEndpoint.GetLeftPart(UriPartial.Authority);

        var answer = await _admin.SendApiAsync(HttpMethod.Put, "admin/policy", new
        {
            policy = new { name = "Closed", type = "s3", server = root + "/nosuchaccount", bucket_name = "files", access_key = "nosuchaccount", secret_key = Convert.ToBase64String(new byte[64]) },
        });

        Assert.Equal(40001, answer.Code);
        Assert.DoesNotContain("Closed", (await ListAsync(new { page = 1, page_size = 1000 })).Root.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_policy_when_its_place_would_change_then_it_is_refused()
    {
        var id = await CreateAsync(Direct("fixed-" + Guid.NewGuid().ToString("N")[..8]));

        foreach (var policy in (object[])
        [
            new { name = "x", bucket_name = "other" }, new { name = "x", type = "local" },
            new { name = "x", server = "https://acc.blob.core.windows.net", access_key = "acc", secret_key = "YQ==" },
        ])
            Assert.Equal(40001, (await _admin.SendApiAsync(HttpMethod.Put, $"admin/policy/{id}", new { policy })).Code);
        Assert.Equal("Second", (await App.Services.GetRequiredService<SiteCatalog>().GetPolicyAsync(id)).Name);
    }

    [Fact]
    public async Task Given_an_unused_policy_when_it_is_deleted_then_it_is_gone_and_accepts_no_content()
    {
        var id = await CreateAsync(new { name = "Unused", type = "local" });

        Assert.Equal(0, (await DeleteAsync(id)).Code);

        Assert.DoesNotContain(id, await IdsAsync(new { page = 1, page_size = 1000 }));
        Assert.Equal(40035, (await _admin.GetApiAsync($"admin/policy/{id}")).Code);
        Assert.Equal(40035, (await DeleteAsync(id)).Code);
        Assert.Equal(40035, (await _admin.SendApiAsync(HttpMethod.Put, $"admin/policy/{id}", new { policy = new { name = "Back" } })).Code);
        var user = (await App.GetSiteAsync()).HashIds.Encode(1, HashIdKind.User);
        Assert.Equal(40035, (await _admin.PostApiAsync("workflow/import", new { src = "/x", dst = "/", user_id = user, policy_id = id, recursive = true })).Code);
        Assert.True(await CreateAsync(new { name = "Next", type = "local" }) > id);
    }

    [Fact]
    public async Task Given_a_policy_in_use_when_it_is_deleted_then_the_documented_code_answers()
    {
        var id = await CreateAsync(new { name = "Used", type = "local" });

        await WithPolicyOfUsersAsync(id, async () =>
        {
            var answer = await DeleteAsync(id);
            Assert.Equal((40038, "1"), (answer.Code, answer.Msg));
        });
        Assert.Equal(40036, (await DeleteAsync(1)).Code);
        Assert.Equal(40035, (await DeleteAsync(123456)).Code);
        Assert.Equal(40001, (await _admin.SendApiAsync(HttpMethod.Delete, "admin/policy/x")).Code);
    }

    [Fact]
    public async Task Given_a_deleted_policy_when_an_upload_of_before_left_a_file_then_it_can_still_be_read()
    {
        var (client, user) = await App.NewUserAsync();
        var id = await CreateAsync(Direct(App.Layout.FilesContainerName));
        Assert.Equal(0, (await DeleteAsync(id)).Code);

        await App.AddFileAsync(user, "/late.bin", [1, 2, 3], id);

        using var plain = new HttpClient();
        Assert.Equal([1, 2, 3], await plain.GetByteArrayAsync(await client.AddressAsync("cloudreve://my/late.bin")));
    }

    [Fact]
    public async Task Given_the_apps_own_account_when_browsers_must_reach_it_then_the_rule_is_set_once()
    {
        Assert.Equal(0, (await _admin.PostApiAsync("admin/policy/cors", new { policy = Direct("files") })).Code);
        Assert.Equal(0, (await _admin.PostApiAsync("admin/policy/cors", new { policy = Direct("files") })).Code);
        Assert.Equal(40006, (await _admin.PostApiAsync("admin/policy/cors", new { policy = new { name = "x", type = "oss" } })).Code);
        var root = App.Account.BlobEndpoint.GetLeftPart(UriPartial.Authority);
        Assert.Equal(50009, (await _admin.PostApiAsync("admin/policy/cors", new
        {
            policy = new { name = "x", type = "s3", server = root + "/nosuchaccount", bucket_name = "files", access_key = "nosuchaccount", secret_key = Convert.ToBase64String(new byte[64]) },
        })).Code);
    }

    [Theory]
    [InlineData("POST", "admin/policy/oauth/signin", 40019)]
    [InlineData("GET", "admin/policy/oauth/redirect", 40019)]
    [InlineData("GET", "admin/policy/oauth/status/1", 40019)]
    [InlineData("GET", "admin/policy/oauth/status/x", 40001)]
    [InlineData("POST", "admin/policy/oauth/callback", 40019)]
    [InlineData("GET", "admin/policy/oauth/root/1?url=https://example.com", 40019)]
    public async Task Given_sign_ins_with_onedrive_when_they_are_requested_then_they_are_refused(string method, string path, int code) =>
        Assert.Equal(code, (await _admin.SendApiAsync(new HttpMethod(method), path, method == "POST" ? new { } : null)).Code);

    [Fact]
    public async Task Given_a_download_proxy_when_an_address_is_made_then_it_leads_there_and_keeps_its_signature()
    {
        var (client, user) = await App.NewUserAsync();
        var id = await CreateAsync(Direct(App.Layout.FilesContainerName, new { custom_proxy = true, proxy_server = "https://cdn.example.com:8443" }));
        await App.AddFileAsync(user, "/cdn.bin", [1], id);

        var address = await client.AddressAsync("cloudreve://my/cdn.bin");

        Assert.Equal("https://cdn.example.com:8443", address.GetLeftPart(UriPartial.Authority));
        using var plain = new HttpClient();
        Assert.Equal([1], await plain.GetByteArrayAsync(new Uri(App.Account.BlobEndpoint, address.PathAndQuery)));
    }

    private object Direct(string container, object? settings = null) => new
    {
        id = 0,
        node_id = 0,
        name = "Second",
        type = "s3",
        is_private = true,
        server = Endpoint,
        bucket_name = container,
        access_key = "any",
        secret_key = "any",
        dir_name_rule = "uploads/{uid}/{path}",
        file_name_rule = "{uuid}_{originname}",
        settings = settings ?? new { chunk_size = 26214400, region = "any" },
        edges = new { },
    };

    private Task<ApiAnswer> ListAsync(object body) => _admin.PostApiAsync("admin/policy", body);

    private async Task<List<int>> IdsAsync(object body) =>
        [.. (await ListAsync(body)).Data.GetProperty("policies").EnumerateArray().Select(policy => policy.GetProperty("id").GetInt32())];

    private async Task<int> CreateAsync(object policy)
    {
        var answer = await _admin.SendApiAsync(HttpMethod.Put, "admin/policy", new { policy });
        Assert.Equal((0, ""), (answer.Code, answer.Msg));
        return answer.Data.GetProperty("id").GetInt32();
    }

    private Task<ApiAnswer> DeleteAsync(int id) => _admin.SendApiAsync(HttpMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"admin/policy/{id}"));

    private async Task WithPolicyOfUsersAsync(int policyId, Func<Task> act)
    {
        await App.ChangeGroupAsync(Group.UserId, group => group with { StoragePolicyId = policyId });
        try
        {
            await act();
        }
        finally
        {
            await App.ChangeGroupAsync(Group.UserId, group => group with { StoragePolicyId = StoragePolicy.DefaultId });
        }
    }
}
