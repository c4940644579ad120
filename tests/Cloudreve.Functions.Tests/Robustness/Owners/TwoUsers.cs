using System.Globalization;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Cloudreve.Functions.Tests.Session.OpenId;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>A user who has signed in.</summary>
/// <param name="Id">Its encoded id.</param>
internal sealed record Person(User User, string Id, HttpClient Client)
{
    /// <summary>A place of this user's drive as anybody may name it.</summary>
    public string Uri(string path) => $"cloudreve://{Id}@my/{path}";
}

/// <summary>The tests that share <see cref="TwoUsers"/>.</summary>
[CollectionDefinition(Name)]
public sealed class TwoUsersTests : ICollectionFixture<TwoUsers>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "Two users";
}

/// <summary>One app for all tests of a collection, with two ordinary users who have nothing to do with each other.</summary>
public sealed class TwoUsers(AzuriteServer azurite) : IAsyncLifetime
{
    /// <summary>The password of links that have one.</summary>
    public const string SharePassword = "opensesame";

    /// <summary>A viewer of docx files.</summary>
    public const string ViewerId = "af01b85b-f57d-46d2-8ad6-1d9b96548e78";

    private const string Viewers =
        $$"""
        [{"viewers":[{"id":"{{ViewerId}}","type":"wopi","display_name":"Office","exts":["docx"],
          "wopi_actions":{"docx":{"edit":"http://office.example/edit?<ui=UI_LLCC&>"} } }]}]
        """;

    private static readonly GroupPermission[] Permissions =
    [
        GroupPermission.ArchiveDownload, GroupPermission.ArchiveTask, GroupPermission.Relocate, GroupPermission.RemoteDownload,
        GroupPermission.WebDav,
    ];

    private int _count;
    private TestIdentityProvider? _provider;

    /// <summary>The app.</summary>
    public AppFixture App { get; private set; } = null!;

    /// <summary>The clock. It begins at the real time, which storage goes by, and stands still.</summary>
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>The provider at which users sign in with OpenID.</summary>
    internal TestIdentityProvider Provider => _provider!;

    /// <summary>The user whose objects are named.</summary>
    internal Person Alice { get; private set; } = null!;

    /// <summary>The user who names them.</summary>
    internal Person Bob { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        // The local host does its work when the clock moves: here never, for it would change rows while they are compared.
        App = await AppFixture.StartAsync(azurite, services => services.AddSingleton<TimeProvider>(Clock));
        _provider = await TestIdentityProvider.StartAsync(Clock);
        await App.ChangeGroupAsync(Group.UserId, group => group with
        {
            Permissions = Permissions.Aggregate(group.Permissions, (set, permission) => set.With((int)permission, value: true)),
        });
        await SetAsync(
            (ViewerSetting.Viewers.Key, Viewers),
            (OpenIdSetting.OidcEnabled.Key, "1"), (OpenIdSetting.OidcIssuer.Key, Provider.Address + "/"),
            (OpenIdSetting.OidcClientId.Key, TestIdentityProvider.ClientId), (OpenIdSetting.OidcSecret.Key, TestIdentityProvider.Secret));
        // Addresses of content lead to the site, which has to distinguish them.
        await ChangePolicyAsync(settings => settings with { InternalProxy = true });
        Alice = await NewPersonAsync();
        Bob = await NewPersonAsync();
        foreach (var person in (Person[])[Alice, Bob])
            await CreateAsync(person, "inbox", "folder");
        await CreateAsync(Alice, "thrown away.txt", "file");
        await TrashAsync(Alice, "thrown away.txt");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Provider.DisposeAsync();
    }

    /// <summary>A path in drives that no other test uses.</summary>
    internal string NewPath(string name)
    {
        var number = Interlocked.Increment(ref _count);
        return $"case-{number}/{number}-{name}";
    }

    /// <summary>Changes settings of the site.</summary>
    internal Task SetAsync(params (string Key, string Value)[] settings) =>
        App.Services.GetRequiredService<SettingStore>().SetAsync(settings.ToDictionary(pair => pair.Key, pair => pair.Value));

    /// <summary>Changes the storage policy.</summary>
    internal async Task ChangePolicyAsync(Func<StoragePolicySettings, StoragePolicySettings> change)
    {
        var catalog = App.Services.GetRequiredService<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        await catalog.SavePolicyAsync(policy with { Settings = change(policy.Settings) });
    }

    /// <summary>Another user.</summary>
    internal async Task<Person> NewPersonAsync()
    {
        var (client, user) = await App.NewUserAsync();
        return new Person(user, (await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User), client);
    }

    /// <summary>A new file or folder; its id.</summary>
    internal static async Task<string> CreateAsync(Person person, string path, string type, Dictionary<string, string>? metadata = null)
    {
        var body = new Dictionary<string, object> { ["uri"] = person.Uri(path), ["type"] = type };
        if (metadata is not null)
            body["metadata"] = metadata;
        return (await SucceedAsync(person.Client.PostApiAsync("file/create", body))).GetProperty("id").GetString()!;
    }

    /// <summary>A file with content; the id of its version.</summary>
    internal static async Task<string> WriteAsync(Person person, string path, byte[] content)
    {
        var answer = person.Client.SendRawAsync(
            HttpMethod.Put, "file/content?uri=" + System.Uri.EscapeDataString(person.Uri(path)), new ByteArrayContent(content));
        return (await SucceedAsync(answer)).GetProperty("primary_entity").GetString()!;
    }

    /// <summary>Moves an entry to the trash, and returns its name there.</summary>
    internal static async Task<string> TrashAsync(Person person, string path)
    {
        await SucceedAsync(person.Client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { person.Uri(path) } }));
        var trash = await SucceedAsync(person.Client.GetApiAsync("file?uri=cloudreve%3A%2F%2Ftrash&page_size=1000"));
        return trash.GetProperty("files").EnumerateArray()
            .Single(file => file.GetProperty("metadata").GetProperty("sys:restore_uri").GetString()!.EndsWith("/" + FilePathOf(path), StringComparison.Ordinal))
            .GetProperty("path").GetString()!;
    }

    /// <summary>Deletes everything in a user's trash.</summary>
    internal static async Task EmptyTrashAsync(Person person)
    {
        var trash = await SucceedAsync(person.Client.GetApiAsync("file?uri=cloudreve%3A%2F%2Ftrash&page_size=1000"));
        var uris = trash.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()).ToList();
        if (uris.Count > 0)
            await SucceedAsync(person.Client.SendApiAsync(HttpMethod.Delete, "file", new { uris, skip_soft_delete = true }));
    }

    private static string FilePathOf(string path) => string.Join('/', path.Split('/').Select(System.Uri.EscapeDataString));

    /// <summary>A link with a password to a folder; its encoded id.</summary>
    internal async Task<string> ShareAsync(Person person, string path)
    {
        var folder = await App.Services.GetRequiredService<EntriesByPath>().GetAsync(person.User.Id, FilePath.ParsePlain(path));
        var share = new Share
        {
            Id = await App.Services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Share),
            OwnerId = person.User.Id,
            FileId = folder.Id,
            Password = SharePassword,
            CreatedAt = DateTimeOffset.UtcNow,
            SharesView = true,
        };
        await App.Services.GetRequiredService<ShareStore>().SaveAsync(share);
        return (await App.GetSiteAsync()).HashIds.Encode(share.Id, HashIdKind.Share);
    }

    /// <summary>Checks whether a row is in a partition of a user's own.</summary>
    /// <param name="name">As <see cref="StorageSnapshot.ChangesTo"/> names it.</param>
    /// <param name="person">The user.</param>
    internal static bool IsOf(string name, Person person) =>
        name.Split(' ') is [not "blob", var partition, ..] && PartitionsOf(person.User.Id).Contains(partition);

    /// <summary>Of the account, of what it began, of its sign-ins, of its links, of its drive and of its trash.</summary>
    private static string[] PartitionsOf(long id)
    {
        var digits = id.ToString("x", CultureInfo.InvariantCulture);
        var key = "u|" + id.ToString("x14", CultureInfo.InvariantCulture);
        return ["u" + digits, "user-u" + digits, "logins-" + digits, key, Spread(id), Spread(DriveRoots.TrashId(id))];
    }

    /// <summary>The payload of an answer that must be a success.</summary>
    internal static async Task<JsonElement> SucceedAsync(Task<ApiAnswer> answer)
    {
        var got = await answer;
        Assert.True(got.Code == 0, got.Root.ToString());
        return got.Data;
    }

    // Rows of drives: the id's bits, the lowest one first.
    private static string Spread(long id)
    {
        var reversed = 0UL;
        for (var bit = 0; bit < 64; bit++)
            reversed |= (((ulong)id >> bit) & 1) << (63 - bit);
        return reversed.ToString("x16", CultureInfo.InvariantCulture);
    }
}
