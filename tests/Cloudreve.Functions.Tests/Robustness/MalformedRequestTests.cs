using System.Text;
using Cloudreve.Functions.Tests.Contract;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Malformed requests are refused with a documented code, and a refused request changes nothing.</summary>
public sealed class MalformedRequestTests(SignedInApp app) : IClassFixture<SignedInApp>
{
    // Codes that say that the server failed, not the request.
    private static readonly HashSet<int> s_serverFaults = [-1, .. Enumerable.Range(50001, 999)];

    // An attempt with a wrong password is counted, although it is refused.
    private static readonly HashSet<string> s_countsRefusals = ["passwordSignIn"];

    // The apps of these tests have no task hub, and say so.
    private static readonly HashSet<(string OperationId, int Code)> s_withoutTaskHub = [("adminQueueMetrics", 50004)];

    [Theory]
    [MemberData(nameof(ContractExamples.RoutedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_an_administrator_when_requests_are_malformed_then_no_refused_one_changes_anything(string operationId)
    {
        var faults = await SendAllAsync(app.Administrator, ContractExamples.Endpoint(operationId));

        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(20))}");
    }

    [Theory]
    [MemberData(nameof(ContractExamples.RoutedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_nobody_signed_in_when_requests_are_malformed_then_no_refused_one_changes_anything(string operationId)
    {
        var faults = await SendAllAsync(app.Anonymous, ContractExamples.Endpoint(operationId));

        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(20))}");
    }

    [Fact]
    public void Given_all_routes_when_their_malformed_requests_are_counted_then_there_are_at_least_2000()
    {
        var count = ContractExamples.RoutedEndpoints.Sum(operation => HostileRequests.For(ContractExamples.Endpoint(operation.Data)).Count());

        Assert.True(count >= 2_000, $"There are only {count}.");
    }

    private async Task<List<string>> SendAllAsync(HttpClient client, ContractEndpoint endpoint)
    {
        List<string> faults = [];
        foreach (var request in HostileRequests.For(endpoint))
        {
            if (await SendAsync(client, endpoint, request) is { } fault)
                faults.Add($"{request.Method} {request.PathAndQuery[..Math.Min(120, request.PathAndQuery.Length)]} [{request.Fault}]: {fault}");
        }
        return faults;
    }

    private async Task<string?> SendAsync(HttpClient client, ContractEndpoint endpoint, HostileRequest request)
    {
        var writesBefore = Writes();
        try
        {
            var (refused, fault) = await JudgeAsync(client, endpoint, request);
            if (fault is not null || !refused || Writes() == writesBefore || s_countsRefusals.Contains(endpoint.OperationId))
                return fault;
            // It wrote, or tried to: repeated, it must change nothing.
            var before = await StorageSnapshot.TakeAsync(app.App.Layout);
            await JudgeAsync(client, endpoint, request);
            var changes = before.ChangesTo(await StorageSnapshot.TakeAsync(app.App.Layout));
            return changes.Count == 0 ? null : $"was refused, but changed {string.Join(", ", changes)}";
        }
        catch (Exception error) when (error is ContractViolationException or HttpRequestException)
        {
            return error.Message;
        }
    }

    private static async Task<(bool Refused, string? Fault)> JudgeAsync(HttpClient client, ContractEndpoint endpoint, HostileRequest request)
    {
        using var message = request.ToMessage(client.BaseAddress!);
        using var answer = await client.SendAsync(message);
        var body = await answer.Content.ReadAsByteArrayAsync();
        var code = ContractValidator.CodeOf(answer.Content.Headers.ContentType?.ToString(), body);
        // 40081: what could be done of a batch was done.
        var refused = code is { } number ? number is not (0 or 203 or 40081) : (int)answer.StatusCode >= 400;
        return (int)answer.StatusCode >= 500 || (code is { } known && s_serverFaults.Contains(known) && !s_withoutTaskHub.Contains((endpoint.OperationId, known)))
            ? (refused, $"the server failed with {(int)answer.StatusCode} {Encoding.UTF8.GetString(body)}")
            : (refused, null);
    }

    private long Writes() => app.App.Account.Transactions.ByOperation
        .Where(operation => !operation.Key.Contains(" GET ", StringComparison.Ordinal) && !operation.Key.Contains(" HEAD ", StringComparison.Ordinal))
        .Sum(operation => operation.Value);
}
