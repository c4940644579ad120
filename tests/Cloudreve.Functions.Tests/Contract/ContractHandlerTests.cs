using System.Net;
using System.Text;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

public sealed class ContractHandlerTests
{
    private const string Success = """{"code":0,"msg":"","data":"4.14.0"}""";
    private const string Failure = """{"code":40001,"msg":"bad","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538"}""";

    [Fact]
    public async Task Given_a_conforming_exchange_when_it_passes_then_the_operation_counts_as_tested()
    {
        var (client, coverage) = Client(Success);

        var answer = await client.GetAsync("/api/v4/site/ping");

        Assert.Equal(Success, await answer.Content.ReadAsStringAsync());
        Assert.Equal(["ping"], coverage.Succeeded);
    }

    [Fact]
    public async Task Given_an_answer_that_departs_when_it_passes_then_the_report_names_request_place_and_body()
    {
        var (client, _) = Client("""{"code":0,"msg":"","data":7}""");

        var error = await Assert.ThrowsAsync<ContractViolationException>(() => client.GetAsync("/api/v4/site/ping"));

        Assert.Equal(
            "GET /api/v4/site/ping departs from the contract:\n  /data: is 7, not of type string\nanswer: 200 {\"code\":0,\"msg\":\"\",\"data\":7}",
            error.Message.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Given_an_accepted_request_that_departs_when_it_passes_then_it_is_reported()
    {
        var (client, _) = Client(Success);

        await Assert.ThrowsAsync<ContractViolationException>(() => client.GetAsync("/api/v4/site/ping?verbose=1"));
        var meant = new HttpRequestMessage(HttpMethod.Get, "/api/v4/site/ping?verbose=1");
        meant.Options.Set(ContractHandler.Undocumented, true);
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(meant)).StatusCode);
    }

    [Fact]
    public async Task Given_a_refused_request_that_departs_when_it_passes_then_it_is_no_violation_and_no_success()
    {
        var (client, coverage) = Client(Failure);

        await client.PostAsync("/api/v4/session/token", new StringContent("[]", Encoding.UTF8, "application/json"));

        Assert.Equal(["passwordSignIn"], coverage.Called);
        Assert.Empty(coverage.Succeeded);
    }

    [Fact]
    public async Task Given_an_operation_of_the_list_alone_when_its_envelope_is_broken_then_it_is_reported()
    {
        var (client, _) = Client("""{"code":0,"data":{}}""");

        await Assert.ThrowsAsync<ContractViolationException>(() => client.GetAsync("/api/v4/admin/summary"));
    }

    [Fact]
    public async Task Given_a_path_that_the_contract_does_not_have_when_it_answers_then_nothing_is_checked()
    {
        var (client, coverage) = Client("[]");

        await client.GetAsync("/health");

        Assert.Empty(coverage.Called);
    }

    private static (HttpClient Client, ContractCoverage Coverage) Client(string answer)
    {
        var handler = new ContractHandler(new FixedAnswer(answer));
        return (new HttpClient(handler) { BaseAddress = new Uri("http://app.test") }, handler.Coverage);
    }

    private sealed class FixedAnswer(string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
    }
}
