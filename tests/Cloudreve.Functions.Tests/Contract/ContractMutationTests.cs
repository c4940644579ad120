using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>Tests that the validator reports the damage to a valid example, and nothing else.</summary>
public sealed class ContractMutationTests
{
    private static readonly ContractValidator s_validator = new(OpenApiContract.Current);

    [Theory]
    // A required property is missing.
    [InlineData("passwordSignIn", "success", "data/user/id", null, "/data/user: lacks the required property 'id'")]
    [InlineData("passwordSignIn", "success", "msg", null, "/: lacks msg")]
    [InlineData("passwordSignIn", "success", "code", null, "/: lacks the required property 'code'")]
    // A property is of another type.
    [InlineData("passwordSignIn", "success", "data/user/credit", "\"many\"", "/data/user/credit: is \"many\", not of type integer")]
    [InlineData("passwordSignIn", "success", "data/user/credit", "1.5", "/data/user/credit: is 1.5, not of type integer")]
    [InlineData("passwordSignIn", "success", "data/user/pined/0/uri", "7", "/data/user/pined/0/uri: is 7, not of type string")]
    [InlineData("passwordSignIn", "success", "data/user/group", "null", "/data/user/group: is null, which the contract does not allow")]
    // A value is not among those that are listed.
    [InlineData("passwordSignIn", "success", "data/user/status", "\"gone\"", "/data/user/status: is \"gone\", not one of \"active\", \"inactive\", \"manual_banned\", \"sys_banned\"")]
    // A format is not kept.
    [InlineData("passwordSignIn", "success", "data/user/created_at", "\"2025-01-02 03:04:05\"", "/data/user/created_at: is \"2025-01-02 03:04:05\", not of the format date-time")]
    [InlineData("passwordSignIn", "alternate", "data", "\"lpua\"", "/data: is \"lpua\", not of the format uuid")]
    // The contract does not know the property.
    [InlineData("passwordSignIn", "success", "data/user/password", "\"x\"", "/data/user/password: is no property of the contract")]
    [InlineData("passwordSignIn", "success", "hint", "\"x\"", "/hint: is no property of the contract")]
    // The envelope is that of another outcome.
    [InlineData("passwordSignIn", "success", "code", "12345", "/code: is 12345, which behaviour.md 2 does not list|/: lacks the correlation_id of a failure")]
    [InlineData("passwordSignIn", "success", "correlation_id", "\"b4351ecc-ee1a-4455-bc94-2c3dbcc58538\"", "/correlation_id: is for failures only")]
    [InlineData("ping", "example", "code", "203", "/code: is 203, which the contract does not document for GET /site/ping")]
    // The contract leaves the property out of this answer.
    [InlineData("createFile", "example", "data/extended_info", "{\"storage_used\":1}", "/data/extended_info: is left out of this message by the contract")]
    public void Given_an_example_answer_when_one_value_is_broken_then_exactly_that_is_reported(
        string operationId, string example, string path, string? value, string expected)
    {
        var operation = OpenApiContract.Current.Operation(operationId);
        var name = operation.Responses[200]!.Examples.ContainsKey(example) ? example : operation.Responses[200]!.Examples.Keys.First();
        var body = Mutate(ContractExamples.Response(operationId, name), path, value);

        var problems = s_validator.ValidateResponse(operation.Method, ContractExamples.PathOf(operation), 200, "application/json", body);

        Assert.Equal(expected.Split('|'), problems.Select(problem => problem.ToString()));
    }

    [Theory]
    [InlineData("importExternalFiles", "policy_id", "\"1\"", "/policy_id: is \"1\", not of type integer")]
    [InlineData("importExternalFiles", "src", null, "/: lacks the required property 'src'")]
    [InlineData("importExternalFiles", "force", "true", "/force: is no property of the contract")]
    [InlineData("createFile", "type", "\"symlink\"", "/type: is \"symlink\", not one of \"file\", \"folder\"")]
    [InlineData("createDownloadUrl", "uris", "[]", "/uris: has fewer than 1 items")]
    public void Given_an_example_request_when_one_value_is_broken_then_exactly_that_is_reported(
        string operationId, string path, string? value, string expected)
    {
        var operation = OpenApiContract.Current.Operation(operationId);
        var body = Mutate(ContractExamples.Request(operationId, operation.RequestBody!.Examples.Keys.First()), path, value);

        var problems = s_validator.ValidateRequest(operation.Method, ContractExamples.PathOf(operation), "application/json", body);

        Assert.Equal([expected], problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void Given_answers_with_an_object_when_a_property_is_added_then_only_open_objects_accept_it()
    {
        var open =
            from operation in OpenApiContract.Current.Operations
            from example in operation.Responses.GetValueOrDefault(200)?.Examples ?? new Dictionary<string, JsonNode?>()
            where example.Value?["data"] is JsonObject
            let body = Mutate(ContractExamples.Response(operation.Id, example.Key), "data/zz_unknown", "{\"total\":1,\"current\":1}")
            where !s_validator.ValidateResponse(operation.Method, ContractExamples.PathOf(operation), 200, "application/json", body)
                .Any(problem => problem.At == "/data/zz_unknown")
            select operation.Id;

        // The names of progress bars are data.
        Assert.Equal(["getTaskProgress"], open.Distinct());
    }

    [Theory]
    [InlineData(500, "application/json", "status: is 500, which the contract does not document")]
    [InlineData(404, "text/plain", "status: is 404, which the contract does not document")]
    [InlineData(200, "text/plain", "content type: is text/plain, not application/json")]
    [InlineData(200, null, "content type: is missing, not application/json")]
    public void Given_a_json_operation_when_the_answer_is_of_another_kind_then_it_is_reported(int status, string? contentType, string expected)
    {
        var problems = s_validator.ValidateResponse("GET", "/api/v4/site/ping", status, contentType, "{}"u8.ToArray());

        Assert.Equal([expected], problems.Select(problem => problem.ToString()));
    }

    [Theory]
    [InlineData("""{"code":40001,"msg":"bad","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538"}""", "")]
    [InlineData("""{"code":40001,"msg":"bad"}""", "/: lacks the correlation_id of a failure")]
    [InlineData("""{"code":40001,"msg":7,"correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538"}""", "/msg: is 7, not of type string")]
    [InlineData("""{"code":40001,"msg":"bad","correlation_id":"7"}""", "/correlation_id: is \"7\", not of the format uuid")]
    [InlineData("""{"code":40081,"msg":"bad","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538"}""", "/aggregated_error: belongs to code 40081 alone")]
    [InlineData(
        """{"code":40081,"msg":"bad","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538","aggregated_error":{"cloudreve://my/a":{"code":40044,"msg":"gone"}}}""", "")]
    [InlineData(
        """{"code":40081,"msg":"bad","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538","aggregated_error":{"a":{"code":4,"msg":"gone"}}}""",
        "/aggregated_error/a/code: is 4, which behaviour.md 2 does not list")]
    [InlineData(
        """{"code":40073,"msg":"locked","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538","data":"x"}""", "/data: is no list of lock conflicts")]
    [InlineData("""{"code":0,"code":0,"msg":""}""", "body")]
    [InlineData("""{"code":0,"msg":""}{}""", "body")]
    public void Given_an_envelope_when_it_is_validated_then_its_faults_are_reported(string body, string expected)
    {
        var problems = s_validator.ValidateResponse("POST", "/api/v4/file/create", 200, "application/json; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(body));

        if (expected == "body")
            Assert.Equal(["body"], problems.Select(problem => problem.At));
        else
            Assert.Equal(expected, string.Join('|', problems));
    }

    private static byte[] Mutate(JsonElement example, string path, string? value)
    {
        var root = JsonSerializer.SerializeToNode(example)!;
        var segments = path.Split('/');
        var parent = segments[..^1].Aggregate(root, (node, segment) => node is JsonArray array ? array[int.Parse(segment)]! : node[segment]!);
        if (value is null)
            parent.AsObject().Remove(segments[^1]);
        else
            parent[segments[^1]] = JsonNode.Parse(value);
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }
}
