using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Site.Bootstrap;

/// <summary>The operator's choices for a new site; ignored once the site exists.</summary>
public sealed record BootstrapOptions
{
    /// <summary>The first administrator's mail address.</summary>
    public string AdminEmail { get; init; } = "admin@cloudreve.local";

    /// <summary>
    /// The first administrator's password, 6 to 128 characters; null to generate one, which requires <see cref="AnnounceAdmin"/>.
    /// </summary>
    public string? AdminPassword { get; init; }

    /// <summary>The site's address.</summary>
    public string SiteUrl { get; init; } = SiteSetting.SiteUrl.Default;

    /// <summary>
    /// Shows the mail address and the generated password to the operator; null where only a log would see them. Called only
    /// while the site is new.
    /// </summary>
    public Action<string, string>? AnnounceAdmin { get; init; }
}

/// <summary>
/// Turns an empty storage account into a site: tables, containers, queues, seeds and the first administrator. Every step can be
/// repeated and run by several processes at once; a row that is written last records that all are done.
/// </summary>
public sealed class SiteBootstrap
{
    /// <summary>Incremented when a release needs another table, container, queue or seed.</summary>
    private const int SchemaVersion = 6;

    private const string SchemaPartition = "schema";
    private const string SchemaKey = "current";
    private const string Version = "version";
    private const string SealedBy = "sealed_by";

    // Requests wait for it.
    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(5);

    private readonly StorageLayout _layout;
    private readonly SettingStore _settings;
    private readonly SiteCatalog _catalog;
    private readonly UserStore _users;
    private readonly ListUpgrade _upgrade;
    private readonly BootstrapOptions _options;
    private readonly SharedAttempt<object> _making;
    private volatile bool _done;

    /// <summary>Sends nothing yet.</summary>
    /// <param name="layout">The layout to create.</param>
    /// <param name="settings">Receives the site's secrets.</param>
    /// <param name="catalog">Receives groups, policy and node.</param>
    /// <param name="users">Receives the administrator.</param>
    /// <param name="upgrade">Brings an older site up to date.</param>
    /// <param name="options">The operator's choices.</param>
    public SiteBootstrap(StorageLayout layout, SettingStore settings, SiteCatalog catalog, UserStore users, ListUpgrade upgrade, BootstrapOptions options)
    {
        (_layout, _settings, _catalog, _users, _upgrade, _options) = (layout, settings, catalog, users, upgrade, options);
        // Creating a site takes as long as its many steps, each of which has a limit.
        _making = new SharedAttempt<object>(MakeAsync, Timeout.InfiniteTimeSpan, TimeProvider.System);
    }

    /// <summary>
    /// Makes sure that the site exists. The first call of a process costs one transaction when it does, later calls none;
    /// a call that fails leaves the rest to the next. Concurrent calls share the result.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting of this one.</param>
    /// <exception cref="CloudreveException">
    /// 50005: the operator's password has an invalid length, or there is none and nobody to announce one to. 50002: the site's secrets are
    /// sealed with a key that this process does not have.
    /// </exception>
    public ValueTask EnsureAsync(CancellationToken cancellationToken = default) =>
        _done ? ValueTask.CompletedTask : new ValueTask(_making.Join().WaitAsync(cancellationToken));

    private async Task<object> MakeAsync(CancellationToken cancellationToken)
    {
        if (_done)
            return this;
        var schema = await ReadSchemaAsync(cancellationToken);
        _settings.Keys.Require(schema?.Text(SealedBy));
        if (schema?.Number(Version) is not >= SchemaVersion)
            await CreateAsync(isNew: schema is null, cancellationToken);
        else if (_settings.Keys.CurrentId is { } key && schema.Text(SealedBy) != key)
            await SealAsync(cancellationToken);
        _done = true;
        return this;
    }

    private async Task<Row?> ReadSchemaAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LookTimeout);
        try
        {
            return await _layout.Site.FindAsync(SchemaPartition, SchemaKey, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException($"{_layout.Site.Name}: no answer in time", e);
        }
    }

    private async Task CreateAsync(bool isNew, CancellationToken cancellationToken)
    {
        await CreateStorageAsync(cancellationToken);
        await _settings.SeedAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [SiteSetting.SiteUrl.Key] = _options.SiteUrl,
                [SiteSetting.SiteName.Key] = SiteSetting.SiteName.Default,
                [SiteSetting.SiteId.Key] = Guid.NewGuid().ToString("D"),
                [SiteSetting.SecretKey.Key] = NewSecret(),
                [SiteSetting.HashIdSalt.Key] = NewSecret(),
            },
            cancellationToken);
        await _catalog.SeedAsync(cancellationToken);
        if (isNew)
            await CreateAdminAsync(cancellationToken);
        else
            await _upgrade.RunAsync(cancellationToken);
        await SealAsync(cancellationToken);
    }

    /// <summary>
    /// Seals secrets that were stored without a key, or with an earlier one, and records the key in the row that marks the site as complete.
    /// </summary>
    private async Task SealAsync(CancellationToken cancellationToken)
    {
        var key = _settings.Keys.CurrentId;
        if (key is not null)
        {
            await _settings.SealAsync(cancellationToken);
            await _catalog.SealAsync(cancellationToken);
        }
        await _layout.Site.UpsertAsync(new Row(SchemaPartition, SchemaKey) { [Version] = SchemaVersion, [SealedBy] = key }, cancellationToken);
    }

    private async Task CreateStorageAsync(CancellationToken cancellationToken)
    {
        var tables = _layout.AllTables.Select(table => table.CreateIfNotExistsAsync(cancellationToken));
        var containers = _layout.AllContainerNames.Distinct(StringComparer.Ordinal)
            .Select(name => _layout.Container(name).CreateIfNotExistsAsync(cancellationToken));
        var queues = _layout.AllQueueNames.Select(name => _layout.Queue(name).CreateIfNotExistsAsync(cancellationToken));
        await Task.WhenAll([.. tables, .. containers, .. queues]);
        // With a managed identity the deployment sets this. Any origin will do: a signed address is what grants access,
        // and no cookie goes along.
        if (_layout.Account.HasAccountKey)
            await _layout.Account.AllowBrowserOriginsAsync(["*"], cancellationToken);
    }

    private async Task CreateAdminAsync(CancellationToken cancellationToken)
    {
        if (_options.AdminPassword is { Length: < 6 or > PasswordSignIn.MaxPassword })
            throw new CloudreveException(ErrorCode.InternalSetting, "The first administrator's password must have 6 to 128 characters.");
        if (_options.AdminPassword is null && _options.AnnounceAdmin is null)
            throw new CloudreveException(ErrorCode.InternalSetting, "The first administrator needs a password: set CLOUDREVE_ADMIN_PASSWORD.");
        var password = _options.AdminPassword ?? DerivePassword(await _settings.GetAsync(cancellationToken));
        var admin = await _users.EnsureFirstAsync(new NewUser(_options.AdminEmail, PasswordHasher.Hash(password), Group.AdminId), cancellationToken);
        if (_options.AdminPassword is null && PasswordHasher.Verify(password, admin.PasswordHash))
            _options.AnnounceAdmin?.Invoke(admin.Email, password);
    }

    /// <summary>
    /// A password of 96 bits that nobody can guess without the site's secret. Derived instead of random, so that a start after a
    /// crash, or beside another process, announces the same password that the account has.
    /// </summary>
    private static string DerivePassword(SiteSettings site)
    {
        var key = Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey));
        return Base64Url.EncodeToString(HMACSHA256.HashData(key, "cloudreve first administrator v1"u8).AsSpan(0, 12));
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(48));
}
