using Microsoft.Extensions.Hosting;

namespace Cloudreve.LocalHost.Tests.InProcess;

/// <summary>A host and a worker in the test's process.</summary>
internal sealed class InProcessWorker : IAsyncDisposable
{
    private readonly IHost _worker;

    private InProcessWorker(InProcessHost host, IHost worker)
    {
        Host = host;
        _worker = worker;
        Client = new HttpClient { BaseAddress = host.Address };
    }

    public InProcessHost Host { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _worker.Services;

    public static async Task<InProcessWorker> StartAsync(string greeting, Action<string>? log = null, long bodyLimit = 104_857_600, string? storage = null)
    {
        var host = await InProcessHost.StartAsync(new InProcessHostOptions
        {
            App = typeof(TestApp.TestWorker).Assembly,
            BodyLimit = bodyLimit,
            Log = log,
        });
        var settings = new Dictionary<string, string?>(host.WorkerSettings)
        {
            ["GREETING"] = greeting,
            ["AzureWebJobsStorage"] = storage,
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        };
        var worker = TestApp.TestWorker.Build(settings);
        await worker.StartAsync();
        await host.ConnectAsync();
        return new InProcessWorker(host, worker);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        await _worker.StopAsync();
        _worker.Dispose();
    }
}
