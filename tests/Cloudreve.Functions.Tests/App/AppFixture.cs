using System.Net.Http.Headers;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Startup;
using Cloudreve.LocalHost;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Contract;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Cloudreve.Functions.Tests.App;

/// <summary>The whole app in this process behind the HTTP side of the local host, with names of its own in the storage emulator.</summary>
public sealed class AppFixture : IAsyncDisposable
{
    /// <summary>The first administrator's mail address.</summary>
    public const string AdminEmail = "admin@example.com";

    /// <summary>The password of the first administrator and of all users that <see cref="CreateUserAsync"/> makes.</summary>
    public const string Password = "correct horse battery";

    // All tests of a class come from one address, and are many clients.
    private const string NoBudgets = "0";

    private static readonly Lazy<string> PasswordHash = new(() => PasswordHasher.Hash(Password));

    // Nothing listens there: what is accepted waits. Workflows are tested with the engine, in projects of their own.
    private const string NoTaskHub =
        """{"taskHubName":"None","connectionName":"Storage","rpcBaseUrl":"http://127.0.0.1:9/","requiredQueryStringParameters":"","httpBaseUrl":"http://127.0.0.1:9/","maxGrpcMessageSizeInBytes":4194304}""";

    private readonly IHost _worker;
    private readonly InProcessHost _host;

    private AppFixture(IHost worker, InProcessHost host) => (_worker, _host) = (worker, host);

    /// <summary>The app's services.</summary>
    public IServiceProvider Services => _worker.Services;

    /// <summary>The host in front of the app, which can also run functions that HTTP does not reach.</summary>
    public InProcessHost Host => _host;

    /// <summary>The storage account that the app uses, with its transaction counter.</summary>
    public StorageAccount Account => Services.GetRequiredService<StorageAccount>();

    /// <summary>The names that the app uses.</summary>
    public StorageLayout Layout => Services.GetRequiredService<StorageLayout>();

    /// <summary>Number of storage transactions that requests cause.</summary>
    /// <param name="act">Sends requests, and waits for their answers.</param>
    public Task<int> TransactionsOfAsync(Func<Task> act) => Services.GetRequiredService<RequestTransactions>().OfAsync(act);

    /// <summary>The address that the app listens at.</summary>
    public Uri Address => _host.Address;

    /// <summary>Starts an app with a new site.</summary>
    /// <param name="configure">Adds services; null for none.</param>
    /// <param name="settings">App settings beside the usual ones.</param>
    /// <param name="functions">A class of this assembly with functions of a test; null for none.</param>
    public static async Task<AppFixture> StartAsync(
        AzuriteServer azurite, Action<IServiceCollection>? configure = null, IReadOnlyDictionary<string, string?>? settings = null, Type? functions = null)
    {
        var host = await InProcessHost.StartAsync(new InProcessHostOptions { App = typeof(WorkerComposition).Assembly, DurableClient = NoTaskHub });
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
            ["CLOUDREVE_PREFIX"] = AzuriteServer.UniqueName(),
            ["CLOUDREVE_ADMIN_EMAIL"] = AdminEmail,
            ["CLOUDREVE_ADMIN_PASSWORD"] = Password,
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development",
            // Doubles of mail servers and providers listen there.
            ["CLOUDREVE_PRIVATE_HOSTS"] = "127.0.0.0/8",
            ["Logging:LogLevel:Default"] = "None",
        });
        builder.Configuration.AddInMemoryCollection(host.WorkerSettings);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddSingleton<RequestTransactions>();
        builder.UseMiddleware<RequestTransactions>();
        if (functions is not null)
            TestFunctions.Add(builder.Services, functions);
        configure?.Invoke(builder.Services);
        builder.AddCloudreve();
        if (functions is not null)
            builder.UseMiddleware(TestFunctions.RunAsync);
        var worker = builder.Build();
        await worker.Services.GetRequiredService<SiteBootstrap>().EnsureAsync();
        await worker.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [AccountSetting.ClientBudgetPercent.Key] = NoBudgets });
        await worker.StartAsync();
        await host.ConnectAsync();
        return new AppFixture(worker, host);
    }

    /// <summary>Runs a queue's function for each message that waits, as the trigger would; one that fails stays in the queue.</summary>
    public async Task DeliverAsync(string queueName, string function)
    {
        var queue = Layout.Queue(queueName);
        foreach (var message in await queue.ReceiveAsync(32, TimeSpan.FromSeconds(1)))
        {
            await _host.InvokeAsync(function, message.Body);
            await queue.DeleteAsync(message);
        }
    }

    /// <summary>The site's settings.</summary>
    public async Task<SiteSettings> GetSiteAsync() => await Services.GetRequiredService<SettingStore>().GetAsync();

    /// <summary>
    /// A client of the app that is not signed in, follows no redirects and fails the test where an exchange departs from the
    /// API contract. All clients of tests come from here.
    /// </summary>
    public HttpClient CreateClient() =>
        new(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false })) { BaseAddress = Address };

    /// <summary>A client that is signed in.</summary>
    /// <param name="email">The user's mail address; the first administrator's unless given.</param>
    public async Task<HttpClient> SignInAsync(string email = AdminEmail)
    {
        var client = CreateClient();
        var answer = await client.PostApiAsync("session/token", new { email, password = Password });
        Assert.Equal(0, answer.Code);
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", answer.Data.GetProperty("token").GetProperty("access_token").GetString());
        return client;
    }

    /// <summary>Creates an account with <see cref="Password"/>.</summary>
    /// <param name="email">Its mail address; a new one unless given.</param>
    /// <param name="status">Its state.</param>
    public Task<User> CreateUserAsync(string? email = null, int groupId = Group.UserId, UserStatus status = UserStatus.Active) =>
        Services.GetRequiredService<UserStore>().CreateAsync(
            new NewUser(email ?? $"{Guid.NewGuid():N}@example.com", PasswordHash.Value, groupId) { Status = status });

    /// <summary>The access token of an application that a user has granted scopes.</summary>
    public async Task<string> IssueToApplicationAsync(User user, IReadOnlyCollection<string> scopes)
    {
        await Services.GetRequiredService<OAuthGrants>().WidenAsync(user.Id, OAuthClients.DesktopId, scopes);
        var client = new ClientScopes(OAuthClients.DesktopId, scopes.ToHashSet());
        return (await Services.GetRequiredService<TokenIssuer>().IssueAsync(user, client)).AccessToken;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _worker.StopAsync();
        _worker.Dispose();
    }
}

/// <summary>One app for all tests of a class: take it with <c>IClassFixture&lt;SharedApp&gt;</c>.</summary>
public sealed class SharedApp(AzuriteServer azurite) : IAsyncLifetime
{
    /// <summary>The app.</summary>
    public AppFixture App { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => App = await AppFixture.StartAsync(azurite);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => App.DisposeAsync();
}
