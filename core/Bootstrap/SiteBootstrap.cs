using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Bootstrap;

/// <summary>What the operator decides about a new site; ignored once the site exists.</summary>
public sealed record BootstrapOptions
{
    /// <summary>The first administrator's mail address.</summary>
    public string AdminEmail { get; init; } = "admin@cloudreve.local";

    /// <summary>
    /// The first administrator's password, 6 to 128 characters; null to have one made, for which <see cref="AnnounceAdmin"/> is needed.
    /// </summary>
    public string? AdminPassword { get; init; }

    /// <summary>The site's address.</summary>
    public string SiteUrl { get; init; } = SiteSetting.SiteUrl.Default;

    /// <summary>
    /// Shows the mail address and the password that was made to the operator; null where only a log would see them. Called only
    /// while the site is new.
    /// </summary>
    public Action<string, string>? AnnounceAdmin { get; init; }
}

/// <summary>
/// Makes an empty storage account into a site: tables, containers, queues, seeds and the first administrator. Every step can be
/// repeated and run by several processes at once; a row that is written last says that all are done.
/// </summary>
/// <param name="layout">What to make.</param>
/// <param name="settings">Receives the site's secrets.</param>
/// <param name="catalog">Receives groups, policy and node.</param>
/// <param name="users">Receives the administrator.</param>
/// <param name="options">What the operator decided.</param>
public sealed class SiteBootstrap(StorageLayout layout, SettingStore settings, SiteCatalog catalog, UserStore users, BootstrapOptions options)
{
    /// <summary>Grows when a release needs another table, container, queue or seed.</summary>
    private const int SchemaVersion = 4;

    private const string SchemaPartition = "schema";
    private const string SchemaKey = "current";
    private const string Version = "version";
    private const string SealedBy = "sealed_by";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _done;

    /// <summary>
    /// Makes sure that the site exists. The first call of a process costs one transaction when it does, later calls none;
    /// a call that fails leaves the rest to the next.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">
    /// 50005: the operator's password has an impossible length, or there is none and nobody to be told. 50002: the site's secrets are sealed with
    /// a key that this process does not have.
    /// </exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken = default)
    {
        if (_done)
            return;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_done)
                return;
            var schema = await layout.Site.FindAsync(SchemaPartition, SchemaKey, cancellationToken);
            settings.Keys.Require(schema?.Text(SealedBy));
            if (schema?.Number(Version) is not >= SchemaVersion)
                await CreateAsync(isNew: schema is null, cancellationToken);
            else if (settings.Keys.CurrentId is { } key && schema.Text(SealedBy) != key)
                await SealAsync(cancellationToken);
            _done = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task CreateAsync(bool isNew, CancellationToken cancellationToken)
    {
        await CreateStorageAsync(cancellationToken);
        await settings.SeedAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [SiteSetting.SiteUrl.Key] = options.SiteUrl,
                [SiteSetting.SiteName.Key] = SiteSetting.SiteName.Default,
                [SiteSetting.SiteId.Key] = Guid.NewGuid().ToString("D"),
                [SiteSetting.SecretKey.Key] = NewSecret(),
                [SiteSetting.HashIdSalt.Key] = NewSecret(),
            },
            cancellationToken);
        await catalog.SeedAsync(cancellationToken);
        if (isNew)
            await CreateAdminAsync(cancellationToken);
        else
            await users.ListAllAsync(cancellationToken);
        await SealAsync(cancellationToken);
    }

    /// <summary>Seals what was stored without a key, or with an earlier one, and notes the key in the row that says that all is done.</summary>
    private async Task SealAsync(CancellationToken cancellationToken)
    {
        var key = settings.Keys.CurrentId;
        if (key is not null)
        {
            await settings.SealAsync(cancellationToken);
            await catalog.SealAsync(cancellationToken);
        }
        await layout.Site.UpsertAsync(new Row(SchemaPartition, SchemaKey) { [Version] = SchemaVersion, [SealedBy] = key }, cancellationToken);
    }

    private async Task CreateStorageAsync(CancellationToken cancellationToken)
    {
        var tables = layout.AllTables.Select(table => table.CreateIfNotExistsAsync(cancellationToken));
        var containers = layout.AllContainerNames.Distinct(StringComparer.Ordinal)
            .Select(name => layout.Container(name).CreateIfNotExistsAsync(cancellationToken));
        var queues = layout.AllQueueNames.Select(name => layout.Queue(name).CreateIfNotExistsAsync(cancellationToken));
        await Task.WhenAll([.. tables, .. containers, .. queues]);
        // With a managed identity the deployment sets this. Any origin will do: a signed address is what grants access,
        // and no cookie goes along.
        if (layout.Account.HasAccountKey)
            await layout.Account.AllowBrowserOriginsAsync(["*"], cancellationToken);
    }

    private async Task CreateAdminAsync(CancellationToken cancellationToken)
    {
        if (options.AdminPassword is { Length: < 6 or > PasswordSignIn.MaxPassword })
            throw new CloudreveException(ErrorCode.InternalSetting, "The first administrator's password must have 6 to 128 characters.");
        if (options.AdminPassword is null && options.AnnounceAdmin is null)
            throw new CloudreveException(ErrorCode.InternalSetting, "The first administrator needs a password: set CLOUDREVE_ADMIN_PASSWORD.");
        var password = options.AdminPassword ?? DerivePassword(await settings.GetAsync(cancellationToken));
        var admin = await users.EnsureFirstAsync(new NewUser(options.AdminEmail, PasswordHasher.Hash(password), Group.AdminId), cancellationToken);
        if (options.AdminPassword is null && PasswordHasher.Verify(password, admin.PasswordHash))
            options.AnnounceAdmin?.Invoke(admin.Email, password);
    }

    /// <summary>
    /// A password of 96 bits that nobody can guess without the site's secret. Derived instead of drawn, so that a start after a
    /// crash, or beside another process, announces the very password that the account has.
    /// </summary>
    private static string DerivePassword(SiteSettings site)
    {
        var key = Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey));
        return Base64Url.EncodeToString(HMACSHA256.HashData(key, "cloudreve first administrator v1"u8).AsSpan(0, 12));
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(48));
}
