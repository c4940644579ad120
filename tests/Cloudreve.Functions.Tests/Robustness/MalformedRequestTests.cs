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

    [Theory]
    [MemberData(nameof(ContractExamples.RoutedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_an_administrator_when_requests_are_malformed_then_none_breaks_the_app_and_no_refused_one_changes_anything(string operationId)
    {
        var faults = await SendAllAsync(app.Administrator, ContractExamples.Endpoint(operationId));

        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(20))}");
    }

    [Theory]
    [MemberData(nameof(ContractExamples.RoutedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_nobody_signed_in_when_requests_are_malformed_then_none_breaks_the_app_and_no_refused_one_changes_anything(string operationId)
    {
        var faults = await SendAllAsync(app.Anonymous, ContractExamples.Endpoint(operationId));

        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(20))}");
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
        using var message = request.ToMessage(client.BaseAddress!);
        try
        {
            using var answer = await client.SendAsync(message);
            var body = await answer.Content.ReadAsByteArrayAsync();
            var contentType = answer.Content.Headers.ContentType?.ToString();
            var code = ContractValidator.CodeOf(contentType, body);
            if ((int)answer.StatusCode >= 500 || (code is { } number && s_serverFaults.Contains(number)))
                return $"the server failed with {(int)answer.StatusCode} {Encoding.UTF8.GetString(body)}";
            var refused = code is { } other ? other is not (0 or 203) : (int)answer.StatusCode >= 400;
            return refused && !s_countsRefusals.Contains(endpoint.OperationId) && Writes() is var writesAfter && writesAfter != writesBefore
                ? $"refused with {code}, but {writesAfter - writesBefore} writes happened"
                : null;
        }
        catch (Exception error) when (error is ContractViolationException or HttpRequestException)
        {
            return error.Message;
        }
    }

    private long Writes() => app.App.Account.Transactions.ByOperation
        .Where(operation => !operation.Key.Contains(" GET ", StringComparison.Ordinal) && !operation.Key.Contains(" HEAD ", StringComparison.Ordinal))
        .Sum(operation => operation.Value);
}
