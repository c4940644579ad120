using Xunit;

namespace Cloudreve.LocalHost.Tests.Processes;

/// <summary>One emulator and one host that tests share which leave both as they are.</summary>
public sealed class RunningHost : IAsyncLifetime
{
    private LocalHostProcess? _host;

    public StorageFixture Storage { get; } = new();

    public HttpClient Client => _host!.Client;

    internal LocalHostProcess Host => _host!;

    public async ValueTask InitializeAsync()
    {
        _host = LocalHostProcess.Start(Storage.ConnectionString);
        await _host.AwaitLineAsync("Host started");
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        Storage.Dispose();
    }
}
