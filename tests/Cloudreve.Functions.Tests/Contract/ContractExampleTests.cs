using System.Text.Json;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

public sealed class ContractExampleTests
{
    private static readonly ContractValidator s_validator = new(OpenApiContract.Current);

    [Theory]
    [MemberData(nameof(ContractExamples.Responses), MemberType = typeof(ContractExamples))]
    public void Given_an_example_answer_when_it_is_validated_then_only_known_contradictions_are_reported(string operationId, string name)
    {
        var operation = OpenApiContract.Current.Operation(operationId);
        var body = JsonSerializer.SerializeToUtf8Bytes(ContractExamples.Response(operationId, name));

        var problems = s_validator.ValidateResponse(operation.Method, ContractExamples.PathOf(operation), 200, "application/json", body);

        Assert.Equal(ExampleContradictions.Of("response", operationId, name), problems.Select(problem => problem.ToString()));
    }

    [Theory]
    [MemberData(nameof(ContractExamples.Requests), MemberType = typeof(ContractExamples))]
    public void Given_an_example_request_when_it_is_validated_then_only_known_contradictions_are_reported(string operationId, string name)
    {
        var operation = OpenApiContract.Current.Operation(operationId);
        var body = ContractExamples.Request(operationId, name);

        var problems = SchemaValidator.Validate(body, operation.RequestBody!.Schema);

        Assert.Equal(ExampleContradictions.Of("request", operationId, name), problems.Select(problem => problem.ToString()));
    }
}
