using System.Net;
using Cloudreve.AzureStorage.Secrets;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tests.Drive;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Cloudreve.Core.Tests.Accounts;

/// <summary>One process with accounts, as far as it is wired by hand.</summary>
internal sealed class IdentityWorld
{
    public const string Password = "correct horse";

    /// <summary>The default address of clients.</summary>
    public static readonly ClientAddress Home = ClientAddress.Of(IPAddress.Parse("192.0.2.1"));

    public IdentityWorld(StorageLayout layout, FakeTimeProvider? clock = null, BootstrapOptions? options = null, VaultSecret? vault = null, SealingKeys? sealing = null)
    {
        Layout = layout;
        Clock = clock ?? new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var ids = new IdAllocator(layout);
        Settings = new SettingStore(layout, Clock, keys: sealing);
        Catalog = new SiteCatalog(layout, Clock, sealing);
        Tree = TreeParts.Over(layout, Clock);
        Users = new UserStore(layout, ids, Tree.Roots, Clock);
        Limiter = new AttemptLimiter(layout, Clock);
        Budgets = new ClientBudgets(layout, Settings, Clock);
        Pressure = new SignInPressure(Clock);
        SignIn = new PasswordSignIn(layout, Users, Limiter, Budgets, Pressure);
        TwoFactor = new TwoFactorAuth(layout, Settings, Users, Limiter, Budgets, Clock);
        Sessions = new SignInSessions(layout, TwoFactor, Clock);
        Clients = new OAuthClients(layout, Clock);
        Grants = new OAuthGrants(layout, Clients, Clock);
        ITokenKeyStore keys = vault is null
            ? new SettingKeyStore(Settings, Clock)
            : new VaultKeyStore(new VaultKeys(vault), Settings, Clock, NullLogger<VaultKeyStore>.Instance);
        Keys = new TokenKeys(keys, Settings, Clock);
        Tokens = new TokenIssuer(layout, Settings, Keys, Users, Grants, Clock);
        Bootstrap = new SiteBootstrap(
            layout, Settings, Catalog, Users, new ListUpgrade(Users, new ShareStore(layout, Clock), new TaskStore(layout, Clock)), options ?? new BootstrapOptions { AdminPassword = Password });
    }

    public StorageLayout Layout { get; }

    public FakeTimeProvider Clock { get; }

    public SettingStore Settings { get; }

    public SiteCatalog Catalog { get; }

    public TreeParts Tree { get; }

    public UserStore Users { get; }

    public PasswordSignIn SignIn { get; }

    public AttemptLimiter Limiter { get; }

    public ClientBudgets Budgets { get; }

    public SignInPressure Pressure { get; }

    public TwoFactorAuth TwoFactor { get; }

    public SignInSessions Sessions { get; }

    public OAuthClients Clients { get; }

    public OAuthGrants Grants { get; }

    public TokenKeys Keys { get; }

    public TokenIssuer Tokens { get; }

    public SiteBootstrap Bootstrap { get; }

    /// <summary>The account of a test that has one.</summary>
    public long UserId { get; set; }

    /// <summary>Creates an account.</summary>
    public Task<User> CreateUserAsync(string email) => Users.CreateAsync(new NewUser(email, PasswordHasher.Hash(Password), Group.UserId));

    /// <summary>A process beside a site that has been bootstrapped.</summary>
    public static async Task<IdentityWorld> CreateAsync(Testing.Azurite.AzuriteServer azurite)
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        await world.Bootstrap.EnsureAsync();
        return world;
    }
}
