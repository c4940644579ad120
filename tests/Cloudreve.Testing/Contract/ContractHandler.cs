using System.Text;

namespace Cloudreve.Testing.Contract;

/// <summary>
/// Checks every exchange of an HTTP client with the API against the contract. An answer must always conform;
/// a request must conform where it was accepted, since tests of refusals send what the contract forbids.
/// </summary>
/// <param name="inner">Sends the requests.</param>
/// <param name="coverage">Records the operations, or null for no record.</param>
public sealed class ContractHandler(HttpMessageHandler inner, ContractCoverage? coverage = null) : DelegatingHandler(inner)
{
    /// <summary>Set on a request that violates the contract on purpose, although the app may accept it.</summary>
    public static readonly HttpRequestOptionsKey<bool> Undocumented = new("Cloudreve.Undocumented");

    private const int LongestExcerpt = 4_000;
    private static readonly ContractValidator s_validator = new(OpenApiContract.Current);

    /// <summary>The operations that this handler has seen.</summary>
    public ContractCoverage Coverage { get; } = coverage ?? new ContractCoverage();

    /// <inheritdoc/>
    /// <exception cref="ContractViolationException">The exchange violates the contract.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (OpenApiContract.Current.FindEndpoint(request.Method.Method, path) is not { } endpoint)
            return await base.SendAsync(request, cancellationToken);
        var isJson = IsJson(request.Content);
        if (isJson)
            await request.Content!.LoadIntoBufferAsync(cancellationToken);
        byte[]? sent = isJson ? await request.Content!.ReadAsByteArrayAsync(cancellationToken) : null;

        var response = await base.SendAsync(request, cancellationToken);

        // Other bodies may be endless; the client reads them as they come.
        byte[] received = IsJson(response.Content) ? await ReadAsync(response, cancellationToken) : [];
        var contentType = response.Content.Headers.ContentType?.ToString();
        var succeeded = ContractValidator.CodeOf(contentType, received) is { } code ? code is 0 or 203 : (int)response.StatusCode < 400;
        Coverage.Record(endpoint.OperationId, succeeded);

        List<ContractProblem> problems = [.. s_validator.ValidateResponse(request.Method.Method, path, (int)response.StatusCode, contentType, received)];
        if (succeeded && !(request.Options.TryGetValue(Undocumented, out var undocumented) && undocumented))
        {
            problems.AddRange(s_validator
                .ValidateRequest(request.Method.Method, request.RequestUri.PathAndQuery, request.Content?.Headers.ContentType?.ToString(), RequestBody(request, sent))
                .Select(problem => problem with { At = "request " + problem.At }));
        }
        if (problems.Count > 0)
            throw new ContractViolationException(Report(request, sent, response, received, problems));
        return response;
    }

    private static bool IsJson(HttpContent? content) => content?.Headers.ContentType?.MediaType == "application/json";

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    // A body that is not JSON is not checked, but its presence is.
    private static ReadOnlyMemory<byte>? RequestBody(HttpRequestMessage request, byte[]? sent) =>
        request.Content is null or { Headers.ContentLength: 0 } ? null : sent ?? "?"u8.ToArray();

    private static string Report(HttpRequestMessage request, byte[]? sent, HttpResponseMessage response, byte[] received, List<ContractProblem> problems)
    {
        var report = new StringBuilder()
            .AppendLine($"{request.Method} {request.RequestUri!.PathAndQuery} departs from the contract:");
        foreach (var problem in problems)
            report.AppendLine($"  {problem}");
        if (sent is not null)
            report.AppendLine($"request body: {Excerpt(sent)}");
        return report.Append($"answer: {(int)response.StatusCode} {Excerpt(received)}").ToString();
    }

    private static string Excerpt(byte[] body) => Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, LongestExcerpt)));
}
