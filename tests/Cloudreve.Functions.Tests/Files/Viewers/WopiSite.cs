using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Viewers;

/// <summary>An app with a WOPI viewer, for all tests of a class.</summary>
public sealed class WopiSite(AzuriteServer azurite) : IAsyncLifetime
{
    public const string ViewerId = "af01b85b-f57d-46d2-8ad6-1d9b96548e78";
    public const string DisabledViewerId = "disabled";
    public const string AdminViewerId = "for-admins";

    private static readonly string Viewers =
        $$"""
        [{"viewers":[
          {"id":"{{ViewerId}}","type":"wopi","display_name":"Office","exts":["docx"],
           "wopi_actions":{"docx":{"edit":"http://office.example/edit?<ui=UI_LLCC&>","view":"http://office.example/view"} } },
          {"id":"{{DisabledViewerId}}","type":"wopi","display_name":"Off","exts":["docx"],"disabled":true},
          {"id":"{{AdminViewerId}}","type":"builtin","display_name":"Admins","exts":["docx"],"required_group_permission":[0]},
          {"id":"image","type":"builtin","display_name":"fileManager.imageViewer","exts":["png"],"max_size":10}
        ]}]
        """;

    public AppFixture App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        App = await AppFixture.StartAsync(azurite);
        await App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [ViewerSetting.Viewers.Key] = Viewers });
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>A user with a client.</summary>
    internal async Task<(HttpClient Client, User User)> NewUserAsync()
    {
        var user = await App.CreateUserAsync();
        return (await App.SignInAsync(user.Email), user);
    }

    /// <summary>A file in a user's drive.</summary>
    internal async Task<FileRecord> AddFileAsync(User user, string path, byte[] content)
    {
        var entity = await AddEntityAsync(user, content);
        return await App.Services.GetRequiredService<EntryCreation>().CreateAsync(
            user.Id, FilePath.ParsePlain(path), new NewEntry(FileType.File) { Id = entity.FileId, EntityId = entity.Id, Size = content.Length }, failIfExists: true);
    }

    /// <summary>A blob that is no file's yet.</summary>
    internal async Task<EntityRecord> AddEntityAsync(User user, byte[] content)
    {
        var name = $"test/{Guid.NewGuid():N}";
        await App.Layout.Container(App.Layout.FilesContainerName).WriteAsync(name, BinaryData.FromBytes(content));
        var ids = App.Services.GetRequiredService<IdAllocator>();
        var entity = new EntityRecord
        {
            Id = await ids.NextAsync(IdKind.Entity),
            FileId = await ids.NextAsync(IdKind.File),
            Size = content.Length,
            PolicyId = 1,
            Source = name,
            CreatedBy = user.Id,
            CreatedAt = DateTimeOffset.UtcNow,
        };
        await App.Services.GetRequiredService<EntityStore>().WriteNewAsync([entity]);
        return entity;
    }

    /// <summary>The encoded id of a file.</summary>
    internal async Task<string> EncodeAsync(long id, HashIdKind kind = HashIdKind.File) => (await App.GetSiteAsync()).HashIds.Encode(id, kind);

    /// <summary>Asks for a session.</summary>
    internal static Task<ApiAnswer> CreateSessionAsync(HttpClient client, string uri, string viewerId = ViewerId, string action = "edit", string? version = null) =>
        client.SendApiAsync(HttpMethod.Put, "file/viewerSession", version is null
            ? new { uri, viewer_id = viewerId, preferred_action = action }
            : new { uri, viewer_id = viewerId, preferred_action = action, version });

    /// <summary>A viewer with a session.</summary>
    internal async Task<WopiClient> OpenAsync(HttpClient client, string uri, string? version = null, string action = "edit")
    {
        var data = (await CreateSessionAsync(client, uri, action: action, version: version)).Data;
        return new WopiClient(App.CreateClient(), SourceOf(data), data.GetProperty("session").GetProperty("access_token").GetString()!);
    }

    /// <summary>The file's address in an answer.</summary>
    internal static string SourceOf(JsonElement session)
    {
        var query = new Uri(session.GetProperty("wopi_src").GetString()!).Query.TrimStart('?').Split('&');
        return Uri.UnescapeDataString(query.Single(p => p.StartsWith("WOPISrc=", StringComparison.Ordinal))["WOPISrc=".Length..]);
    }
}
