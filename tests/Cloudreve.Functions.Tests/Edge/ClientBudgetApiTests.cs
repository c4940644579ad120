using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Captchas.Pictures;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Robustness;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

/// <summary>An app that sees clients of many addresses, and grants each a tenth of the usual.</summary>
public sealed class BudgetedApp(AzuriteServer azurite) : IAsyncLifetime
{
    private const string Header = "X-Test-Client";

    private int _clients;

    public AppFixture App { get; private set; } = null!;

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public async ValueTask InitializeAsync()
    {
        App = await AppFixture.StartAsync(
            azurite, services => services.AddSingleton<TimeProvider>(Clock), new Dictionary<string, string?> { ["CLOUDREVE_CLIENT_ADDRESS_HEADER"] = Header });
        await App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [AccountSetting.ClientBudgetPercent.Key] = "10" });
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>A client with an address that no other has.</summary>
    internal HttpClient NewClient()
    {
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Add(Header, AddressOf(Interlocked.Increment(ref _clients)));
        return client;
    }

    private static string AddressOf(int number) => string.Create(CultureInfo.InvariantCulture, $"198.18.{number / 250}.{number % 250}");
}

public sealed class ClientBudgetApiTests(BudgetedApp app) : IClassFixture<BudgetedApp>
{
    private const int TooMany = 429;

    private static readonly IReadOnlyList<HttpFunction> s_functions = new HttpFunctions(typeof(HttpFunction).Assembly).All;

    public static TheoryData<string> Charged => [.. s_functions.Where(function => function.Charge is not null).Select(function => function.Name)];

    [Theory]
    [MemberData(nameof(Charged))]
    public async Task Given_a_route_with_a_budget_when_a_client_has_spent_it_then_that_client_is_refused(string function)
    {
        var route = s_functions.Single(candidate => candidate.Name == function);
        var most = MostOf(route.Charge!.Value);
        var client = await SignInAsync(app.NewClient());
        for (var i = 0; i < most; i++)
            Assert.NotEqual(TooMany, (await CallAsync(client, route)).Code);

        var (code, message) = await CallAsync(client, route);

        Assert.Equal(TooMany, code);
        Assert.Matches("^Too many [a-z -]+ from your network\\. Try again in [0-9]+ minutes?\\.$", message);
        Assert.NotEqual(TooMany, (await CallAsync(await SignInAsync(app.NewClient()), route)).Code);
    }

    [Fact]
    public void Given_what_strangers_may_write_when_routes_are_looked_up_then_each_has_a_budget_or_reason()
    {
        // Writes through these routes need a secret that was issued before, or are charged when they fail. So it is with WebDAV, whose clients send a
        // password with each request.
        string[] others =
        [
            "ActivateUser", "CompleteDirectUpload", "ExchangeOAuthToken", "FinishOpenidSignIn", "FinishPasskeySignIn", "FinishSignInWith2FA", "ForceUnlock",
            "PasswordSignIn", "PutEmptyChunk", "RefreshToken", "ResetPasswordViaTempLink", "SignOut", "WopiModifyFile", "WopiPutFile",
        ];

        var open = s_functions
            .Where(function => function is { Charge: null, Requirement.Class: AuthClass.None, Failures: not DavFailuresAttribute } && (function.Methods.Any(IsWriting) || function.Name == "ActivateUser"))
            .Select(function => function.Name);

        Assert.Equal(others, open.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_client_that_failed_to_sign_in_too_often_when_it_continues_then_the_code_is_429()
    {
        var client = app.NewClient();
        var most = MostOf(ClientBudget.FailedSignIns);
        for (var i = 0; i < most; i++)
            Assert.Equal(40080, (await client.PostApiAsync("session/token", new { email = $"{i}@example.com", password = "Summer2026" })).Code);

        var answer = await client.PostApiAsync("session/token", new { email = AppFixture.AdminEmail, password = AppFixture.Password });

        Assert.Equal((TooMany, "Too many failed sign-ins from your network. Try again in 15 minutes."), (answer.Code, answer.Msg));
        Assert.Equal(0, (await app.NewClient().PostApiAsync("session/token", new { email = AppFixture.AdminEmail, password = AppFixture.Password })).Code);
    }

    [Fact]
    public async Task Given_a_client_that_looks_for_accounts_when_it_guessed_too_often_then_it_learns_nothing()
    {
        var client = app.NewClient();
        for (var i = 0; i < MostOf(ClientBudget.UnknownAccounts); i++)
            Assert.Equal(404, (await client.GetApiAsync($"session/prepare?email={i}@example.com")).Code);

        Assert.Equal(TooMany, (await client.GetApiAsync($"session/prepare?email={AppFixture.AdminEmail}")).Code);
    }

    [Fact]
    public async Task Given_an_account_under_attack_when_its_owner_comes_from_a_new_place_then_a_captcha_helps()
    {
        var user = await app.App.CreateUserAsync();
        await AttackAsync(user.Email);
        var owner = app.NewClient();
        var refused = await owner.PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password });
        Assert.Equal(40026, refused.Code);
        Assert.True((await owner.GetApiAsync("site/config/login")).Data.GetProperty("login_captcha").GetBoolean());
        Assert.Equal(40026, (await owner.PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password, captcha = "WRONG", ticket = await TicketAsync() })).Code);

        var answer = await owner.PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password, captcha = "RIGHT", ticket = await TicketAsync() });

        Assert.Equal(0, answer.Code);
        app.Clock.Advance(AttemptLimiter.Window);
        Assert.False((await owner.GetApiAsync("site/config/login")).Data.GetProperty("login_captcha").GetBoolean());
    }

    [Fact]
    public async Task Given_a_site_that_demands_captchas_when_an_account_is_guessed_then_one_is_enough()
    {
        var user = await app.App.CreateUserAsync();
        await AttackAsync(user.Email);
        var settings = app.App.Services.GetRequiredService<SettingStore>();
        await settings.SetAsync(new Dictionary<string, string> { [CaptchaSetting.OnLogin.Key] = "1" });
        try
        {
            var body = new { email = user.Email, password = AppFixture.Password, captcha = "RIGHT", ticket = await TicketAsync() };
            Assert.Equal(0, (await app.NewClient().PostApiAsync("session/token", body)).Code);
        }
        finally
        {
            await settings.SetAsync(new Dictionary<string, string> { [CaptchaSetting.OnLogin.Key] = "0" });
        }
    }

    [Fact]
    public async Task Given_counted_clients_when_the_timer_runs_after_the_window_then_their_rows_are_gone()
    {
        var client = app.NewClient();
        await client.GetApiAsync("session/prepare?email=nobody@example.com");
        Assert.NotEqual(0, await CountAsync());

        app.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        await app.App.Host.InvokeAsync("SweepClientBudgets", "{}");

        Assert.Equal(0, await CountAsync());
    }

    /// <summary>A tenth of the limits in docs/operations.md.</summary>
    private static int MostOf(ClientBudget budget) => budget switch
    {
        ClientBudget.FailedSignIns => 3,
        ClientBudget.UnknownAccounts => 6,
        ClientBudget.SignUps => 6,
        ClientBudget.Mails or ClientBudget.AbuseReports => 2,
        ClientBudget.Ceremonies => 12,
        ClientBudget.CaptchaPictures => 24,
        _ => throw new ArgumentOutOfRangeException(nameof(budget)),
    };

    private static bool IsWriting(string method) => method is "POST" or "PUT" or "PATCH" or "DELETE";

    private static async Task<HttpClient> SignInAsync(HttpClient client)
    {
        var answer = await client.PostApiAsync("session/token", new { email = AppFixture.AdminEmail, password = AppFixture.Password });
        client.DefaultRequestHeaders.Authorization = new("Bearer", answer.Data.GetProperty("token").GetProperty("access_token").GetString());
        return client;
    }

    private async Task<(int Code, string Message)> CallAsync(HttpClient client, HttpFunction function)
    {
        var endpoint = OpenApiContract.Current.Endpoints.Single(candidate =>
            function.Methods.Contains(candidate.Method) && new PathTemplate("/" + function.Route).Shape == new PathTemplate(candidate.FullPath).Shape);
        using var message = HostileRequests.Documented(endpoint).ToMessage(app.App.Address);
        JsonElement root = default;
        var transactions = await app.App.TransactionsOfAsync(async () =>
        {
            using var answer = await client.SendAsync(message);
            root = await answer.Content.ReadFromJsonAsync<JsonElement>();
        });
        var code = root.GetProperty("code").GetInt32();
        // A signed-in caller whose sign-in must be valid costs two more.
        Assert.True(code != TooMany || transactions <= (function.Requirement.LiveSignIn ? 2 : 0), $"{transactions} transactions");
        return (code, root.GetProperty("msg").GetString()!);
    }

    /// <summary>Failures from enough addresses to slow an account down.</summary>
    private async Task AttackAsync(string email)
    {
        for (var i = 0; i < AttemptLimiter.MaxTotalFailures; i++)
            Assert.Equal(40080, (await app.NewClient().PostApiAsync("session/token", new { email, password = "Summer2026" })).Code);
    }

    private async Task<string> TicketAsync() => app.App.Services.GetRequiredService<PictureCaptcha>().CreateTicket(await app.App.GetSiteAsync(), "RIGHT");

    private async Task<int> CountAsync()
    {
        var count = 0;
        await foreach (var _ in app.App.Layout.Users.ScanAsync("PartitionKey ge 'c-' and PartitionKey lt 'c.'"))
            count++;
        return count;
    }
}
