using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

public sealed class OpenApiContractTests
{
    private static readonly OpenApiContract s_contract = OpenApiContract.Current;
    private static readonly ContractValidator s_validator = new(s_contract);

    [Theory]
    [InlineData("GET", "/api/v4/share/info/Y8bCn", "getShareLinkInfo")]
    [InlineData("POST", "/api/v4/share/Y8bCn", "editShareLink")]
    [InlineData("get", "/api/v4/file", "listFiles")]
    [InlineData("POST", "/api/v4/file/upload/0b1a/3", "uploadFileChunk")]
    [InlineData("GET", "/api/v4/vas/payment/status/a%2Fb/c", "getPaymentStatus")]
    [InlineData("GET", "/api/v4/file/", null)]
    [InlineData("GET", "/api/v4/share/info/", null)]
    [InlineData("PUT", "/api/v4/site/ping", null)]
    [InlineData("GET", "/site/ping", null)]
    [InlineData("GET", "/api/v4", null)]
    public void Given_a_path_when_its_operation_is_looked_up_then_the_template_with_most_literals_wins(string method, string path, string? operationId)
    {
        Assert.Equal(operationId, s_contract.Find(method, path)?.Id);
    }

    [Fact]
    public void Given_the_contract_when_it_is_read_then_it_holds_every_operation_and_code()
    {
        Assert.Equal(88, s_contract.Operations.Count);
        Assert.Equal(218, s_contract.Endpoints.Count);
        Assert.Superset(new HashSet<int> { 0, -1, 203, 401, 403, 404, 409, 40001, 40010, 40040, 40073, 40081, 40089, 50001, 50011 }, s_contract.Codes.ToHashSet());
        Assert.DoesNotContain(50003, s_contract.Codes);
    }

    [Fact]
    public void Given_the_openapi_operations_when_compared_with_the_list_of_endpoints_then_both_agree()
    {
        foreach (var operation in s_contract.Operations)
        {
            var endpoint = Assert.Single(s_contract.Endpoints, endpoint => endpoint.OperationId == operation.Id);
            Assert.Equal((operation.Method, operation.Path.Text, operation.Auth), (endpoint.Method, endpoint.Path.Text, endpoint.Auth));
        }
    }

    [Theory]
    [InlineData("GET", "/api/v4/workflow?page_size=50&category=general", "")]
    [InlineData("GET", "/api/v4/workflow?page_size=5&category=general", "query page_size: is less than 10")]
    [InlineData("GET", "/api/v4/workflow?page_size=ten&category=general", "query page_size: is \"ten\", not of type integer")]
    [InlineData("GET", "/api/v4/workflow?category=general", "query page_size: is missing")]
    [InlineData("GET", "/api/v4/site/ping?verbose=1", "query verbose: is not documented")]
    [InlineData("GET", "/api/v4/site/config/thumb", "")]
    public void Given_a_request_when_its_parameters_are_not_the_documented_ones_then_they_are_reported(string method, string pathAndQuery, string expected)
    {
        Assert.Equal(expected, string.Join('|', s_validator.ValidateRequest(method, pathAndQuery, null, null)));
    }

    [Fact]
    public void Given_a_request_when_the_body_is_missing_or_of_another_type_then_it_is_reported()
    {
        Assert.Equal("body: is missing", string.Join('|', s_validator.ValidateRequest("POST", "/api/v4/session/token", null, null)));
        Assert.Equal(
            "content type: is text/plain, not application/json",
            string.Join('|', s_validator.ValidateRequest("POST", "/api/v4/session/token", "text/plain", "{}"u8.ToArray())));
        Assert.Equal("body: is not documented", string.Join('|', s_validator.ValidateRequest("GET", "/api/v4/site/ping", "application/json", "{}"u8.ToArray())));
    }
}
