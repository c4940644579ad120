using System.Net;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.SignIns;

public sealed class ClientBudgetsTests(AzuriteServer azurite) : IAsyncLifetime
{
    private static readonly ClientAddress s_client = IdentityWorld.Home;
    private static readonly ClientAddress s_other = ClientAddress.Of(IPAddress.Parse("198.51.100.7"));
    private static readonly int s_most = BudgetLimit.Of(ClientBudget.AbuseReports).Most;

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private Installation _installation = null!;

    public async ValueTask InitializeAsync() => _installation = await Installation.CreateAsync(azurite);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Given_a_spent_budget_when_its_client_continues_then_it_learns_when_to_retry()
    {
        var process = await StartAsync();
        await SpendAsync(process, s_client, s_most);
        _clock.Advance(TimeSpan.FromMinutes(48.5));

        var refusal = await Assert.ThrowsAsync<CloudreveException>(() => process.Budgets.SpendAsync(ClientBudget.AbuseReports, s_client));
        Assert.Equal(ErrorCode.TooManyRequests, refusal.Code);
        Assert.Equal("Too many abuse reports from your network. Try again in 12 minutes.", refusal.Message);
        await process.Budgets.SpendAsync(ClientBudget.AbuseReports, s_other);
        await process.Budgets.SpendAsync(ClientBudget.Mails, s_client);

        _clock.Advance(TimeSpan.FromMinutes(12));
        await process.Budgets.SpendAsync(ClientBudget.AbuseReports, s_client);
    }

    [Fact]
    public async Task Given_a_client_when_it_spends_then_each_time_costs_one_transaction_and_a_refusal_none()
    {
        var process = await StartAsync();
        using var measured = process.Layout.Account.Transactions.Measure();
        await SpendAsync(process, s_client, s_most);

        Assert.Equal(s_most, measured.Total);
        for (var i = 0; i < 10; i++)
            Assert.False(await TrySpendAsync(process, s_client));
        Assert.Equal(s_most, measured.Total);
    }

    [Fact]
    public async Task Given_16_processes_when_a_client_spends_at_all_of_them_then_it_gets_exactly_its_budget()
    {
        var processes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => StartAsync()));

        var results = await Task.WhenAll(processes.SelectMany(process => Enumerable.Range(0, 4).Select(_ => TrySpendAsync(process, s_client))));

        Assert.Equal(s_most, results.Count(isServed => isServed));
        Assert.Equal(s_most, (await ReadAsync(ClientBudget.AbuseReports))?.CountOf(s_client));
    }

    [Fact]
    public async Task Given_16_clients_when_all_spend_at_once_then_each_has_a_budget_of_its_own()
    {
        var process = await StartAsync();
        ClientAddress[] clients = [.. Enumerable.Range(0, 16).Select(i => ClientAddress.Of(new IPAddress([203, 0, 113, (byte)i])))];

        var results = await Task.WhenAll(clients.SelectMany(client => Enumerable.Range(0, s_most + 2).Select(async _ => (client, await TrySpendAsync(process, client)))));

        Assert.All(clients, client => Assert.Equal(s_most, results.Count(result => result == (client, true))));
    }

    [Fact]
    public async Task Given_the_rest_of_a_budget_when_16_attempts_begin_at_once_then_no_more_get_through()
    {
        var process = await StartAsync();
        var most = BudgetLimit.Of(ClientBudget.FailedSignIns).Most;
        for (var i = 0; i < most - 7; i++)
            Assert.True(await FailAsync(process, s_client, Task.CompletedTask));

        var gate = new TaskCompletionSource();
        var attempts = Enumerable.Range(0, 16).Select(_ => FailAsync(process, s_client, gate.Task)).ToList();
        gate.SetResult();

        Assert.Equal(7, (await Task.WhenAll(attempts)).Count(isServed => isServed));
        Assert.Equal(most, (await ReadAsync(ClientBudget.FailedSignIns))?.CountOf(s_client));
    }

    [Fact]
    public async Task Given_16_attempts_at_once_when_all_succeed_then_nothing_was_spent()
    {
        var process = await StartAsync();
        var attempts = new List<BudgetAttempt>();
        for (var i = 0; i < 16; i++)
            attempts.Add(await process.Budgets.BeginAsync(ClientBudget.FailedSignIns, s_client, default));

        await Task.WhenAll(attempts.Select(async attempt =>
        {
            await attempt.EndAsync(isFailure: false, default);
            attempt.Dispose();
        }));

        Assert.Equal(0, (await ReadAsync(ClientBudget.FailedSignIns))?.Total);
    }

    [Fact]
    public async Task Given_few_attempts_at_once_when_they_succeed_then_they_cost_no_transaction()
    {
        var process = await StartAsync();
        using var measured = process.Layout.Account.Transactions.Measure();

        using var first = await process.Budgets.BeginAsync(ClientBudget.FailedSignIns, s_client, default);
        using var second = await process.Budgets.BeginAsync(ClientBudget.FailedSignIns, s_client, default);
        await first.EndAsync(isFailure: false, default);
        await second.EndAsync(isFailure: false, default);

        Assert.Equal(0, measured.Total);
    }

    [Fact]
    public async Task Given_a_client_that_failed_too_often_elsewhere_when_it_comes_then_one_failure_is_its_last()
    {
        var first = await StartAsync();
        while (await FailAsync(first, s_client, Task.CompletedTask))
        {
        }

        var second = await StartAsync();

        Assert.True(await FailAsync(second, s_client, Task.CompletedTask));
        Assert.False(await FailAsync(second, s_client, Task.CompletedTask));
    }

    [Fact]
    public async Task Given_an_area_of_ipv6_when_its_networks_spend_then_each_has_a_budget_and_all_together_four()
    {
        var process = await StartAsync();
        ClientAddress NetworkOf(int number) => ClientAddress.Of(IPAddress.Parse($"2001:db8:7:{number:x}::1"));
        await SpendAsync(process, NetworkOf(1), s_most);
        Assert.False(await TrySpendAsync(process, ClientAddress.Of(IPAddress.Parse("2001:db8:7:1:ffff::9"))));

        await SpendAsync(process, NetworkOf(2), s_most);
        await SpendAsync(process, NetworkOf(3), s_most);
        await SpendAsync(process, NetworkOf(4), s_most);

        Assert.False(await TrySpendAsync(process, NetworkOf(5)));
        Assert.True(await TrySpendAsync(process, ClientAddress.Of(IPAddress.Parse("2001:db8:8::1"))));
    }

    [Theory]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:2:2::1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void Given_two_addresses_when_their_areas_are_compared_then_one_customers_are_the_same(string first, string second, bool same) =>
        Assert.Equal(same, ClientAddress.Of(IPAddress.Parse(first)).Area == ClientAddress.Of(IPAddress.Parse(second)).Area);

    [Theory]
    [InlineData("50", 10)]
    [InlineData("200", 40)]
    [InlineData("1", 1)]
    public async Task Given_a_site_that_grants_more_or_less_when_a_client_spends_then_it_gets_so_much(string percent, int expected)
    {
        var process = await StartAsync();
        await process.Settings.SetAsync(new Dictionary<string, string> { [AccountSetting.ClientBudgetPercent.Key] = percent });

        await SpendAsync(process, s_client, expected);

        Assert.False(await TrySpendAsync(process, s_client));
    }

    [Fact]
    public async Task Given_a_site_without_budgets_when_a_client_spends_then_nothing_is_counted()
    {
        var process = await StartAsync();
        await process.Settings.SetAsync(new Dictionary<string, string> { [AccountSetting.ClientBudgetPercent.Key] = "0" });

        await SpendAsync(process, s_client, s_most + 1);
        Assert.True(await FailAsync(process, s_client, Task.CompletedTask));

        Assert.Equal(0, await Installation.CountRowsAsync(process.Layout.Users));
    }

    [Fact]
    public async Task Given_rows_of_many_clients_when_their_windows_end_then_the_sweep_removes_them()
    {
        var process = await StartAsync();
        await SpendAsync(process, s_client, s_most);
        await process.CreateUserAsync("a@example.com");
        var before = await Installation.CountRowsAsync(process.Layout.Users);
        await SpendAsync(process, s_other, 1);
        await SpendAsync(process, ClientAddress.Unknown, 1);
        Assert.Equal(0, await process.Budgets.SweepAsync(100));

        _clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));

        Assert.Equal(3, await process.Budgets.SweepAsync(100));
        Assert.Equal(before - 1, await Installation.CountRowsAsync(process.Layout.Users));
        Assert.True(await TrySpendAsync(process, s_client));
        Assert.Equal(1, (await ReadAsync(ClientBudget.AbuseReports))?.Total);
    }

    [Fact]
    public async Task Given_addresses_without_end_when_they_spend_then_a_row_stays_small()
    {
        var record = BudgetRecord.Begin(_clock.GetUtcNow());
        for (var i = 0; i < 2_000; i++)
            record = record.Add(ClientAddress.Of(IPAddress.Parse($"2001:db8:7:{i:x}::1")), 1);

        var row = record.Describe(s_client, BudgetLimit.Of(ClientBudget.SignUps));
        await _installation.Connect().Users.InsertAsync(row);

        Assert.Equal(2_000, BudgetRecord.Read(row)?.Total);
    }

    private static async Task SpendAsync(IdentityWorld process, ClientAddress client, int count)
    {
        for (var i = 0; i < count; i++)
            await process.Budgets.SpendAsync(ClientBudget.AbuseReports, client);
    }

    private static async Task<bool> TrySpendAsync(IdentityWorld process, ClientAddress client)
    {
        try
        {
            await process.Budgets.SpendAsync(ClientBudget.AbuseReports, client);
            return true;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.TooManyRequests)
        {
            return false;
        }
    }

    /// <summary>An attempt that fails once a task has ended; false when it is not let through.</summary>
    private static async Task<bool> FailAsync(IdentityWorld process, ClientAddress client, Task when)
    {
        using var attempt = await process.Budgets.TryBeginAsync(ClientBudget.FailedSignIns, client, default);
        if (attempt is null)
            return false;
        await when;
        await attempt.EndAsync(isFailure: true, default);
        return true;
    }

    private async Task<BudgetRecord?> ReadAsync(ClientBudget budget) =>
        await _installation.Connect().Users.FindAsync(BudgetRecord.PartitionOf(s_client), BudgetLimit.Of(budget).RowKey) is { } row ? BudgetRecord.Read(row) : null;

    /// <summary>A process that knows the site's settings already.</summary>
    private async Task<IdentityWorld> StartAsync()
    {
        var process = new IdentityWorld(_installation.Connect(), _clock);
        await process.Settings.GetAsync();
        return process;
    }
}
