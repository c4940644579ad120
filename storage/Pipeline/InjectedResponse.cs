using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;

namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>An empty response that no server sent.</summary>
internal sealed class InjectedResponse(int status, string clientRequestId) : Response
{
    public override int Status => status;

    public override bool IsError => true;

    public override string ReasonPhrase => "Injected fault";

    public override Stream? ContentStream { get; set; } = new MemoryStream();

    public override string ClientRequestId { get; set; } = clientRequestId;

    public override void Dispose() => ContentStream?.Dispose();

    protected override bool ContainsHeader(string name) => false;

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
    {
        value = null;
        return false;
    }

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = null;
        return false;
    }
}
