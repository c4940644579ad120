using Cloudreve.Functions.Tests.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Tests that no route shows or changes another user's data, whatever a request names.</summary>
[Collection(TwoUsersTests.Name)]
public sealed class RouteOwnerTests(TwoUsers site)
{
    private static readonly IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>>[] s_attempts =
        [DriveThingAttempts.All, AccountAttempts.All, AdministrationAttempts.All, ProofAttempts.All, SignedAttempts.All, ShareAttempts.All, TokenAttempts.All];

    [Fact]
    public void Given_the_table_of_owners_when_it_is_compared_with_the_routes_then_it_has_exactly_those() =>
        Assert.Equal(
            ContractExamples.RoutedEndpoints.Select(row => ContractExamples.Line(ContractExamples.Endpoint(row.Data))).Order(StringComparer.Ordinal),
            ContractOwners.Table.Select(row => row.Endpoint).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(ContractOwners.Foreign), MemberType = typeof(ContractOwners))]
    public async Task Given_what_belongs_to_one_user_when_another_names_it_then_all_of_it_stays(string key)
    {
        var row = ContractOwners.Row(key);
        var attempt = await PrepareAsync(row);
        var before = await StorageSnapshot.TakeAsync(site.App.Layout);

        var reply = await Reply.OfAsync(site.Bob.Client, attempt.Request(site.Bob));

        Assert.True(reply.Outcome == row.Answer, $"{reply.Outcome} {reply.Text}");
        var changes = before.ChangesTo(await StorageSnapshot.TakeAsync(site.App.Layout));
        Assert.DoesNotContain(changes, change => !TwoUsers.IsOf(change, site.Bob) && !attempt.MaySpend(change));
        var owners = await Reply.OfAsync(site.Alice.Client, attempt.Request(site.Alice));
        Assert.True(owners.Outcome == row.OwnersAnswer, $"The owner: {owners.Outcome} {owners.Text}");
        if (attempt.Revealed is not { } told)
            return;
        Assert.DoesNotContain(told, reply.Text, StringComparison.Ordinal);
        Assert.Contains(told, owners.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ContractOwners.Owned), MemberType = typeof(ContractOwners))]
    public async Task Given_a_route_that_names_nothing_when_a_user_calls_it_then_another_users_things_stay(string key)
    {
        var endpoint = ContractExamples.RoutedEndpoints.Select(row => ContractExamples.Endpoint(row.Data))
            .Single(endpoint => ContractExamples.Line(endpoint) == ContractOwners.Row(key).Endpoint);
        // Entries that the caller trashed in other tests may be deleted.
        await TwoUsers.EmptyTrashAsync(site.Bob);
        var before = await StorageSnapshot.TakeAsync(site.App.Layout);

        await Reply.OfAsync(site.Bob.Client, HostileRequests.Documented(endpoint).ToMessage(site.App.Address));

        var changes = before.ChangesTo(await StorageSnapshot.TakeAsync(site.App.Layout));
        Assert.DoesNotContain(changes, change => TwoUsers.IsOf(change, site.Alice) || (before.Holds(change) && !TwoUsers.IsOf(change, site.Bob)));
    }

    private async Task<Attempt> PrepareAsync(OwnerRow row)
    {
        var route = $"{row.Method} {row.Path}";
        if (s_attempts.Select(attempts => attempts.GetValueOrDefault(row.Key)).FirstOrDefault(found => found is not null) is { } prepare)
            return await prepare(site);
        var attempt = row.Names == "version" ? await VersionAttempts.PrepareAsync(site, route) : await FileAttempts.PrepareAsync(site, route, row.Names);
        return attempt ?? throw new InvalidOperationException($"There is no request for {row.Key}.");
    }
}
