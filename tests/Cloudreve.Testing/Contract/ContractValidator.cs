using System.Text.Json;

namespace Cloudreve.Testing.Contract;

/// <summary>Checks requests and answers of documented operations.</summary>
public sealed class ContractValidator(OpenApiContract contract)
{
    private const string Json = "application/json";

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };
    private readonly EnvelopeValidator _envelopes = new(contract);

    /// <summary>Finds violations of the contract by a response; none where it conforms or where the contract has no such operation.</summary>
    /// <param name="method">The HTTP method of the request.</param>
    /// <param name="path">The path with the prefix, escaped, without a query.</param>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="contentType">The content type of the answer, or null.</param>
    /// <param name="body">The body of the answer.</param>
    public IReadOnlyList<ContractProblem> ValidateResponse(string method, string path, int statusCode, string? contentType, ReadOnlyMemory<byte> body)
    {
        if (contract.Find(method, path) is { } operation)
            return ValidateResponse(operation, path, statusCode, contentType, body);
        // The OpenAPI file lacks some operations; their envelope is the same.
        return contract.FindEndpoint(method, path) is { IsBare: false } && statusCode == 200 && MediaType(contentType) == Json
            ? ValidateJson(body, _envelopes.Validate)
            : [];
    }

    /// <summary>Finds violations of the contract by a request; none where it conforms or where the contract has no such operation.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="pathAndQuery">The path with the prefix, and the query, escaped.</param>
    /// <param name="contentType">The content type of the body, or null.</param>
    /// <param name="body">The body, or null where the request has none.</param>
    public IReadOnlyList<ContractProblem> ValidateRequest(string method, string pathAndQuery, string? contentType, ReadOnlyMemory<byte>? body)
    {
        var path = pathAndQuery.Split('?')[0];
        if (contract.Find(method, path) is not { } operation)
            return [];
        return
        [
            .. RequestParameters.Validate(operation, OpenApiContract.Relative(path)!, pathAndQuery[path.Length..]),
            .. ValidateRequestBody(operation, contentType, body),
        ];
    }

    /// <summary>The numeric code of an answer with an envelope, or null for other answers.</summary>
    /// <param name="contentType">The content type of the answer, or null.</param>
    /// <param name="body">The body of the answer.</param>
    public static int? CodeOf(string? contentType, ReadOnlyMemory<byte> body)
    {
        if (MediaType(contentType) != Json)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number)
                ? number
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private IReadOnlyList<ContractProblem> ValidateResponse(ContractOperation operation, string path, int statusCode, string? contentType, ReadOnlyMemory<byte> body)
    {
        if (ContractAllowances.Statuses.Any(allowance => allowance.OperationId == operation.Id && allowance.Status == statusCode))
            return [];
        if (!operation.Responses.TryGetValue(statusCode, out var content))
            return [new("status", $"is {statusCode}, which the contract does not document")];
        if (content is null || (MediaType(contentType) == content.MediaType && content.MediaType != Json))
            return [];
        if (MediaType(contentType) == "text/event-stream" && ContractAllowances.EventStreams.Contains(operation.Id))
            return [];
        if (MediaType(contentType) != Json)
            return [new("content type", $"is {contentType ?? "missing"}, not {content.MediaType}")];
        return ValidateJson(body, envelope => _envelopes.Validate(envelope, operation, path));
    }

    private static IReadOnlyList<ContractProblem> ValidateRequestBody(ContractOperation operation, string? contentType, ReadOnlyMemory<byte>? body)
    {
        if (operation.RequestBody is not { } content)
            return body is { Length: > 0 } ? [new("body", "is not documented")] : [];
        // A body of bytes may be sent under any type, and may be empty.
        if (content.MediaType != Json)
            return [];
        if (body is not { Length: > 0 } bytes)
            return [new("body", "is missing")];
        return MediaType(contentType) == Json
            ? ValidateJson(bytes, value => SchemaValidator.Validate(value, content.Schema))
            : [new("content type", $"is {contentType ?? "missing"}, not {content.MediaType}")];
    }

    private static IReadOnlyList<ContractProblem> ValidateJson(ReadOnlyMemory<byte> body, Func<JsonElement, IReadOnlyList<ContractProblem>> validate)
    {
        try
        {
            using var document = JsonDocument.Parse(body, s_strict);
            return validate(document.RootElement);
        }
        catch (JsonException error)
        {
            return [new("body", $"is no valid JSON: {error.Message}")];
        }
    }

    private static string? MediaType(string? contentType) => contentType?.Split(';')[0].Trim().ToLowerInvariant();
}
