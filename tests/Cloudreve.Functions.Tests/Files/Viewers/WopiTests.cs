using System.Net;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Viewers;

public sealed class WopiTests(WopiSite site) : IClassFixture<WopiSite>
{
    private const string OfficeLock = """{"S":"f2a5ee4c-0d8f-4b8b-9d55-9a1b5e1c7c60","F":4,"E":2,"M":"7b9a"}""";

    [Fact]
    public async Task Given_the_owner_when_a_viewer_asks_what_the_file_is_then_it_may_write()
    {
        var (client, user) = await site.NewUserAsync();
        var file = await site.AddFileAsync(user, "/folder/a b.docx", [1, 2, 3]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/folder/a%20b.docx");

        var info = (await viewer.CheckFileInfoAsync()).Json;

        Assert.Equal("a b.docx", info.GetProperty("BaseFileName").GetString());
        Assert.Equal(3, info.GetProperty("Size").GetInt64());
        Assert.Equal(await site.EncodeAsync(file.PrimaryEntityId, HashIdKind.Entity), info.GetProperty("Version").GetString());
        Assert.Equal(await site.EncodeAsync(user.Id, HashIdKind.User), info.GetProperty("UserId").GetString());
        Assert.Equal(info.GetProperty("UserId").GetString(), info.GetProperty("OwnerId").GetString());
        Assert.Equal("folder", info.GetProperty("BreadcrumbFolderName").GetString());
        Assert.EndsWith("/home?path=cloudreve%3A%2F%2Fmy%2Ffolder", info.GetProperty("BreadcrumbFolderUrl").GetString(), StringComparison.Ordinal);
        Assert.Equal("*", info.GetProperty("PostMessageOrigin").GetString());
        Assert.Equal(256, info.GetProperty("FileNameMaxLength").GetInt32());
        foreach (var name in (string[])["UserCanWrite", "UserCanReview", "SupportsUpdate", "SupportsLocks", "SupportsReviewing", "EnableShare", "ClosePostMessage"])
            Assert.True(info.GetProperty(name).GetBoolean(), name);
        foreach (var name in (string[])["ReadOnly", "IsAnonymousUser", "UserCanNotWriteRelative", "UserCanRename", "SupportsRename"])
            Assert.False(info.GetProperty(name).GetBoolean(), name);
        Assert.False(info.TryGetProperty("code", out _));
    }

    [Fact]
    public async Task Given_a_file_when_a_viewer_reads_it_then_it_gets_the_bytes_and_their_version()
    {
        var (client, user) = await site.NewUserAsync();
        var content = Enumerable.Range(0, 100_000).Select(i => (byte)i).ToArray();
        await site.AddFileAsync(user, "/a.docx", content);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        var reply = await viewer.GetFileAsync();

        Assert.Equal((HttpStatusCode.OK, content.Length), (reply.Status, reply.Body.Length));
        Assert.Equal(content, reply.Body);
        Assert.Equal((await viewer.CheckFileInfoAsync()).Json.GetProperty("Version").GetString(), reply.Version);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await viewer.GetFileAsync(("X-WOPI-MaxExpectedSize", "99999"))).Status);
    }

    [Fact]
    public async Task Given_an_empty_file_when_a_viewer_reads_it_then_there_are_no_bytes()
    {
        var (client, _) = await site.NewUserAsync();
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/a.docx", type = "file" });

        var reply = await (await site.OpenAsync(client, "cloudreve://my/a.docx")).GetFileAsync();

        Assert.Equal((HttpStatusCode.OK, 0), (reply.Status, reply.Body.Length));
    }

    [Fact]
    public async Task Given_an_older_version_when_a_viewer_opens_it_then_it_reads_that_one_and_may_not_write()
    {
        var (client, user) = await site.NewUserAsync();
        var file = await site.AddFileAsync(user, "/a.docx", [1, 2, 3]);
        var newer = await site.AddEntityAsync(user, [4, 5]);
        var older = new EntityLink(file.PrimaryEntityId, EntityType.Version, 3, DateTimeOffset.UtcNow);
        await site.App.Services.GetRequiredService<EntryUpdates>().UpdateAsync(file, f => f with { PrimaryEntityId = newer.Id, Size = 2, OtherEntities = [older] });
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx", await site.EncodeAsync(older.Id, HashIdKind.Entity));

        var info = (await viewer.CheckFileInfoAsync()).Json;

        Assert.Equal(3, info.GetProperty("Size").GetInt64());
        Assert.True(info.GetProperty("ReadOnly").GetBoolean());
        Assert.Equal([1, 2, 3], (await viewer.GetFileAsync()).Body);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.LockAsync("x")).Status);
    }

    [Fact]
    public async Task Given_a_lock_when_the_viewer_uses_it_as_office_does_then_each_step_succeeds()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        var locked = await viewer.LockAsync(OfficeLock);

        Assert.Equal(HttpStatusCode.OK, locked.Status);
        Assert.NotNull(locked.Version);
        Assert.Equal(HttpStatusCode.OK, (await viewer.LockAsync(OfficeLock)).Status);
        Assert.Equal(HttpStatusCode.OK, (await viewer.ModifyAsync("REFRESH_LOCK", ("X-WOPI-Lock", OfficeLock))).Status);
        Assert.Equal(HttpStatusCode.OK, (await viewer.ModifyAsync("LOCK", ("X-WOPI-Lock", "second"), ("X-WOPI-OldLock", OfficeLock))).Status);
        Assert.Equal(HeldBy("second"), Refusal(await viewer.ModifyAsync("UNLOCK", ("X-WOPI-Lock", OfficeLock))));
        Assert.Equal(HttpStatusCode.OK, (await viewer.ModifyAsync("UNLOCK", ("X-WOPI-Lock", "second"))).Status);
        Assert.Equal(HeldBy(""), Refusal(await viewer.ModifyAsync("UNLOCK", ("X-WOPI-Lock", "second"))));
    }

    [Fact]
    public async Task Given_a_lock_of_another_viewer_when_it_is_requested_then_the_answer_names_it()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var first = await site.OpenAsync(client, "cloudreve://my/a.docx");
        var second = await site.OpenAsync(client, "cloudreve://my/a.docx");
        await first.LockAsync("first");

        Assert.Equal(HeldBy("first"), Refusal(await second.LockAsync("second")));
        Assert.Equal(HeldBy("first"), Refusal(await second.ModifyAsync("REFRESH_LOCK", ("X-WOPI-Lock", "second"))));
        Assert.Equal(HeldBy("first"), Refusal(await second.ModifyAsync("LOCK", ("X-WOPI-Lock", "second"), ("X-WOPI-OldLock", "third"))));
        // Viewers that edit together use one lock.
        Assert.Equal(HttpStatusCode.OK, (await second.LockAsync("first")).Status);
    }

    [Fact]
    public async Task Given_no_lock_when_it_is_refreshed_or_exchanged_then_the_answer_says_that_there_is_none()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        Assert.Equal(HeldBy(""), Refusal(await viewer.ModifyAsync("REFRESH_LOCK", ("X-WOPI-Lock", "x"))));
        Assert.Equal(HeldBy(""), Refusal(await viewer.ModifyAsync("LOCK", ("X-WOPI-Lock", "x"), ("X-WOPI-OldLock", "y"))));
        Assert.Equal(HttpStatusCode.BadRequest, (await viewer.ModifyAsync("LOCK")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await viewer.LockAsync(new string('x', 1025))).Status);
    }

    [Theory]
    [InlineData("GET_LOCK")]
    [InlineData("RENAME_FILE")]
    [InlineData("DELETE")]
    [InlineData("")]
    public async Task Given_an_operation_that_is_not_offered_when_it_is_requested_then_the_answer_says_so(string operation)
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        var reply = await viewer.ModifyAsync(operation, ("X-WOPI-Lock", "x"));

        Assert.Equal(HttpStatusCode.NotImplemented, reply.Status);
        Assert.NotNull(reply.Error);
    }

    [Fact]
    public async Task Given_a_token_that_does_not_fit_when_a_viewer_calls_then_it_is_refused_with_the_reason()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var other = await site.AddFileAsync(user, "/b.docx", [1]);
        var session = (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.docx")).Data;
        var (source, token) = (WopiSite.SourceOf(session), session.GetProperty("session").GetProperty("access_token").GetString()!);
        var otherSource = source[..(source.LastIndexOf('/') + 1)] + await site.EncodeAsync(other.Id);

        foreach (var viewer in (WopiClient[])[
            new(site.App.CreateClient(), source, ""),
            new(site.App.CreateClient(), source, token[..^1] + "!"),
            new(site.App.CreateClient(), otherSource, token),
            new(site.App.CreateClient(), source[..(source.LastIndexOf('/') + 1)] + "none", token)])
        {
            foreach (var reply in (WopiReply[])[await viewer.CheckFileInfoAsync(), await viewer.GetFileAsync(), await viewer.LockAsync("x")])
            {
                Assert.Equal(HttpStatusCode.Forbidden, reply.Status);
                Assert.NotNull(reply.Error);
                Assert.Empty(reply.Body);
            }
        }
    }

    [Fact]
    public async Task Given_a_session_to_view_when_the_viewer_locks_or_writes_then_it_is_refused_and_reads_on()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1, 2]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx", action: "view");

        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.LockAsync("lock-1")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PutFileAsync([3], "lock-1")).Status);
        Assert.Equal([1, 2], (await viewer.GetFileAsync()).Body);
    }

    [Fact]
    public async Task Given_an_open_file_when_its_user_changes_the_password_then_the_viewer_is_refused()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1, 2]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");
        Assert.Equal(HttpStatusCode.OK, (await viewer.CheckFileInfoAsync()).Status);

        var changed = await client.SendApiAsync(
            HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse battery" });

        Assert.Equal(0, changed.Code);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.CheckFileInfoAsync()).Status);
    }

    [Fact]
    public async Task Given_a_user_who_was_banned_when_the_viewer_calls_then_it_is_refused()
    {
        var banned = await site.App.CreateUserAsync(status: UserStatus.ManualBanned);
        var file = await site.AddFileAsync(banned, "/a.docx", [1]);
        var token = await site.App.Services.GetRequiredService<ViewerSessions>().CreateAsync(new ViewerSession
        {
            Id = Guid.NewGuid(),
            ViewerId = WopiSite.ViewerId,
            UserId = banned.Id,
            FileId = file.Id,
            Uri = FileUri.Parse("cloudreve://my/a.docx"),
            State = await site.App.Services.GetRequiredService<TokenIssuer>().StateOfAsync(banned),
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
        });
        var viewer = new WopiClient(site.App.CreateClient(), "/api/v4/file/wopi/" + await site.EncodeAsync(file.Id), token);

        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.CheckFileInfoAsync()).Status);
    }

    [Fact]
    public async Task Given_a_viewer_that_the_site_no_longer_has_when_it_calls_then_it_gets_a_server_error()
    {
        var (_, user) = await site.NewUserAsync();
        var file = await site.AddFileAsync(user, "/a.docx", [1]);
        var token = await site.App.Services.GetRequiredService<ViewerSessions>().CreateAsync(new ViewerSession
        {
            Id = Guid.NewGuid(),
            ViewerId = WopiSite.DisabledViewerId,
            UserId = user.Id,
            FileId = file.Id,
            Uri = FileUri.Parse("cloudreve://my/a.docx"),
            State = await site.App.Services.GetRequiredService<TokenIssuer>().StateOfAsync(user),
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
        });
        var viewer = new WopiClient(site.App.CreateClient(), "/api/v4/file/wopi/" + await site.EncodeAsync(file.Id), token);

        var reply = await viewer.CheckFileInfoAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, reply.Status);
        Assert.NotNull(reply.Error);
    }

    [Fact]
    public async Task Given_a_file_that_is_renamed_and_deleted_when_the_viewer_calls_then_it_follows_at_first()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        Assert.Equal(0, (await client.PostApiAsync("file/rename", new { uri = "cloudreve://my/a.docx", new_name = "b.docx" })).Code);
        Assert.Equal("b.docx", (await viewer.CheckFileInfoAsync()).Json.GetProperty("BaseFileName").GetString());
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/b.docx" }, skip_soft_delete = true })).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await viewer.CheckFileInfoAsync()).Status);
    }

    [Fact]
    public async Task Given_a_locked_file_when_its_owner_renames_it_then_the_locks_holder_is_named()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");
        await viewer.LockAsync("the viewer's own name");

        var refused = await client.PostApiAsync("file/rename", new { uri = "cloudreve://my/a.docx", new_name = "b.docx" });

        Assert.Equal(40073, refused.Code);
        var application = refused.Data[0].GetProperty("owner").GetProperty("application");
        Assert.Equal(("viewer", WopiSite.ViewerId), (application.GetProperty("type").GetString(), application.GetProperty("viewer_id").GetString()));
        Assert.DoesNotContain("the viewer's own name", refused.Data.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file/lock", new { tokens = new[] { refused.Data[0].GetProperty("token").GetString() } })).Code);
        Assert.Equal(HeldBy(""), Refusal(await viewer.ModifyAsync("REFRESH_LOCK", ("X-WOPI-Lock", "the viewer's own name"))));
    }

    [Fact]
    public async Task Given_a_document_when_office_edits_it_then_the_last_version_is_read()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1, 2, 3]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        var before = (await viewer.CheckFileInfoAsync()).Json.GetProperty("Version").GetString();
        Assert.Equal([1, 2, 3], (await viewer.GetFileAsync()).Body);
        Assert.Equal(HttpStatusCode.OK, (await viewer.LockAsync(OfficeLock)).Status);
        var put = await viewer.PutFileAsync([4, 5], OfficeLock);
        Assert.Equal(HttpStatusCode.OK, put.Status);
        Assert.NotEqual(before, put.Version);
        Assert.Equal(HttpStatusCode.OK, (await viewer.ModifyAsync("REFRESH_LOCK", ("X-WOPI-Lock", OfficeLock))).Status);
        var again = await viewer.PutFileAsync([6, 7, 8, 9], OfficeLock);
        Assert.Equal(HttpStatusCode.OK, (await viewer.ModifyAsync("UNLOCK", ("X-WOPI-Lock", OfficeLock))).Status);

        var info = (await viewer.CheckFileInfoAsync()).Json;
        Assert.Equal((again.Version, 4), (info.GetProperty("Version").GetString(), info.GetProperty("Size").GetInt64()));
        Assert.Equal([6, 7, 8, 9], (await viewer.GetFileAsync()).Body);
        var details = (await client.GetApiAsync("file/info?uri=" + Uri.EscapeDataString("cloudreve://my/a.docx"))).Data;
        Assert.Equal(again.Version, details.GetProperty("primary_entity").GetString());
    }

    [Fact]
    public async Task Given_a_wrong_lock_or_none_when_content_is_written_then_it_is_refused_and_stays()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1, 2, 3]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        Assert.Equal(HeldBy(""), Refusal(await viewer.PutFileAsync([4], null)));
        Assert.Equal(HeldBy(""), Refusal(await viewer.PutFileAsync([4], "x")));
        await viewer.LockAsync("held");
        Assert.Equal(HeldBy("held"), Refusal(await viewer.PutFileAsync([4], "x")));
        Assert.Equal(HeldBy("held"), Refusal(await viewer.PutFileAsync([4], null)));
        Assert.Equal([1, 2, 3], (await viewer.GetFileAsync()).Body);
    }

    [Fact]
    public async Task Given_a_new_empty_document_when_content_is_written_then_it_needs_no_lock()
    {
        var (client, _) = await site.NewUserAsync();
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/a.docx", type = "file" });
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        Assert.Equal(HttpStatusCode.OK, (await viewer.PutFileAsync([1], null)).Status);

        Assert.Equal([1], (await viewer.GetFileAsync()).Body);
    }

    [Fact]
    public async Task Given_content_above_the_limit_when_it_is_written_then_it_is_refused_as_too_large()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");
        await viewer.LockAsync("x");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await viewer.PutFileAsync(new byte[52_428_801], "x")).Status);
    }

    [Theory]
    [InlineData("copy.docx", "copy.docx")]
    [InlineData(".pdf", "a.pdf")]
    [InlineData("+ZeVnLIqe-.docx", "日本語.docx")]
    [InlineData("a.docx", "a (1).docx")]
    public async Task Given_a_suggested_name_when_a_copy_is_saved_then_it_is_a_file_that_the_viewer_may_open(string suggestion, string name)
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/folder/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/folder/a.docx");

        var reply = await viewer.SendAsync(HttpMethod.Post, "", [7, 8, 9], ("X-WOPI-Override", "PUT_RELATIVE"), ("X-WOPI-SuggestedTarget", suggestion));

        Assert.Equal((HttpStatusCode.OK, name), (reply.Status, reply.Json.GetProperty("Name").GetString()));
        var url = reply.Json.GetProperty("Url").GetString()!;
        var copy = new WopiClient(
            site.App.CreateClient(), url[..url.IndexOf('?', StringComparison.Ordinal)], url[(url.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        Assert.Equal([7, 8, 9], (await copy.GetFileAsync()).Body);
        Assert.Equal("folder", (await copy.CheckFileInfoAsync()).Json.GetProperty("BreadcrumbFolderName").GetString());
        Assert.Equal([1], (await viewer.GetFileAsync()).Body);
    }

    [Fact]
    public async Task Given_a_name_that_cannot_be_when_a_copy_is_saved_then_the_protocols_status_answers()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        var viewer = await site.OpenAsync(client, "cloudreve://my/a.docx");

        Task<WopiReply> SaveAsync(params (string, string)[] headers) =>
            viewer.SendAsync(HttpMethod.Post, "", [1], [("X-WOPI-Override", "PUT_RELATIVE"), .. headers]);

        Assert.Equal(HttpStatusCode.BadRequest, (await SaveAsync()).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SaveAsync(("X-WOPI-SuggestedTarget", "a+!"))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SaveAsync(("X-WOPI-SuggestedTarget", "../b.docx"))).Status);
        Assert.Equal(HttpStatusCode.NotImplemented, (await SaveAsync(("X-WOPI-RelativeTarget", "b.docx"))).Status);
    }

    private static (HttpStatusCode Status, string? Lock) HeldBy(string held) => (HttpStatusCode.Conflict, held);

    private static (HttpStatusCode Status, string? Lock) Refusal(WopiReply reply) => (reply.Status, reply.Lock);
}
