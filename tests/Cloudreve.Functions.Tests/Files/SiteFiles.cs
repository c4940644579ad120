using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Fills drives of an app with files that have content.</summary>
internal static class SiteFiles
{
    /// <summary>A policy whose downloads pass through the site.</summary>
    public const int ProxiedPolicy = 7;

    /// <summary>A new user, signed in.</summary>
    public static async Task<(HttpClient Client, User User)> NewUserAsync(this AppFixture app, int groupId = Group.UserId)
    {
        var user = await app.CreateUserAsync(groupId: groupId);
        return (await app.SignInAsync(user.Email), user);
    }

    /// <summary>Stores <see cref="ProxiedPolicy"/>.</summary>
    public static async Task AddProxiedPolicyAsync(this AppFixture app)
    {
        var catalog = app.Services.GetRequiredService<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(1);
        await catalog.SavePolicyAsync(policy with { Id = ProxiedPolicy, Settings = policy.Settings with { InternalProxy = true } });
    }

    /// <summary>Changes a group.</summary>
    public static async Task ChangeGroupAsync(this AppFixture app, int id, Func<Group, Group> change)
    {
        var catalog = app.Services.GetRequiredService<SiteCatalog>();
        await catalog.SaveGroupAsync(change(await catalog.GetGroupAsync(id)));
    }

    /// <summary>A file with content.</summary>
    public static async Task<FileRecord> AddFileAsync(this AppFixture app, User user, string path, byte[] content, int policyId = 1)
    {
        var entity = await app.AddEntityAsync(user, content, policyId);
        return await app.Services.GetRequiredService<EntryCreation>().CreateAsync(
            user.Id, FilePath.ParsePlain(path), new NewEntry(FileType.File) { EntityId = entity.Id, Size = content.Length }, failIfExists: true);
    }

    /// <summary>A blob with its entity, which no file refers to.</summary>
    public static async Task<EntityRecord> AddEntityAsync(this AppFixture app, User user, byte[] content, int policyId = 1)
    {
        var name = $"test/{Guid.NewGuid():N}";
        await app.Layout.Container(app.Layout.FilesContainerName).WriteAsync(name, BinaryData.FromBytes(content));
        var entity = new EntityRecord
        {
            Id = await app.Services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Entity),
            Size = content.Length,
            PolicyId = policyId,
            Source = name,
            CreatedBy = user.Id,
            CreatedAt = DateTimeOffset.UtcNow,
        };
        await app.Services.GetRequiredService<EntityStore>().WriteNewAsync([entity]);
        return entity;
    }

    /// <summary>The address that the API makes for one file.</summary>
    public static async Task<Uri> AddressAsync(this HttpClient client, string uri, object? more = null)
    {
        var answer = await client.PostApiAsync("file/url", more ?? new { uris = new[] { uri } });
        return new Uri(answer.Data.GetProperty("urls")[0].GetProperty("url").GetString()!);
    }
}
