using Cloudreve.LocalHost.TestApp;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.LocalHost.Tests.InProcess;

/// <summary>A host and a worker for the tests of one class.</summary>
public sealed class InProcessFixture : IAsyncLifetime
{
    /// <summary>The body limit of the host.</summary>
    public const int BodyLimit = 1_000_000;

    private InProcessWorker? _worker;

    public InProcessHost Host => _worker!.Host;

    public HttpClient Client => _worker!.Client;

    /// <summary>The conversation with the worker.</summary>
    public Conversation Conversation => _worker!.Services.GetRequiredService<Conversation>();

    public async ValueTask InitializeAsync() => _worker = await InProcessWorker.StartAsync("hello", bodyLimit: BodyLimit);

    public ValueTask DisposeAsync() => _worker!.DisposeAsync();
}
