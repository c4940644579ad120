using System.Net.Http.Headers;
using System.Text.Json;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>How an invocation ended.</summary>
internal abstract record InvocationResult
{
    /// <summary>The handler answered 2xx with an object.</summary>
    internal sealed record Succeeded(JsonElement Answer) : InvocationResult
    {
        /// <summary>Values of output bindings, by name; undefined when the answer has none.</summary>
        public JsonElement? Output(string name) =>
            Answer.TryGetProperty("Outputs", out var outputs) && outputs.ValueKind == JsonValueKind.Object && outputs.TryGetProperty(name, out var value) ? value : null;

        /// <summary>The return value, when it is a string.</summary>
        public string? ReturnValue => Answer.TryGetProperty(nameof(ReturnValue), out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>The handler answered otherwise; of its answer only status and reason are left.</summary>
    internal sealed record Failed(string Reason) : InvocationResult;

    /// <summary>There was no answer: the handler ended, took too long, or the host stops.</summary>
    internal sealed record Lost(string Reason) : InvocationResult;
}

/// <summary>Gives the address of the handler that requests go to.</summary>
/// <exception cref="HostStoppedException">There is none.</exception>
internal delegate Task<Uri> HandlerLocator(CancellationToken cancellationToken);

/// <summary>Sends invocations to the handler: <c>POST /&lt;FunctionName&gt;</c>.</summary>
/// <param name="locator">Where the handler is.</param>
/// <param name="recycle">Replaces a handler that did not answer in time.</param>
/// <param name="functionTimeout">How long an invocation may take.</param>
internal sealed class FunctionInvoker(HandlerLocator locator, Action<Uri> recycle, TimeSpan functionTimeout) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Invokes a function; waits for the handler to be there.</summary>
    /// <param name="function">The function.</param>
    /// <param name="payload">What <see cref="TriggerPayload"/> wrote.</param>
    /// <param name="cancellationToken">The host stops: the invocation is lost.</param>
    public async Task<InvocationResult> InvokeAsync(HostedFunction function, byte[] payload, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Uri? handler = null;
        try
        {
            handler = await locator(cancellationToken);
            limit.CancelAfter(functionTimeout);
            return await SendAsync(handler, function, payload, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or HostStoppedException)
        {
            return new InvocationResult.Lost(e.Message);
        }
        catch (OperationCanceledException)
        {
            if (handler is not null && !cancellationToken.IsCancellationRequested)
                recycle(handler);
            return new InvocationResult.Lost("There was no answer in time.");
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<InvocationResult> SendAsync(Uri handler, HostedFunction function, byte[] payload, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(handler, "/" + function.Name)) { Content = new ByteArrayContent(payload) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString());
        using var answer = await _client.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            return new InvocationResult.Failed($"{(int)answer.StatusCode} ({answer.ReasonPhrase})");
        return Read(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private static InvocationResult Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new InvocationResult.Succeeded(document.RootElement.Clone())
                : new InvocationResult.Failed("The answer is no object.");
        }
        catch (JsonException)
        {
            return new InvocationResult.Failed("The answer is not JSON.");
        }
    }
}
