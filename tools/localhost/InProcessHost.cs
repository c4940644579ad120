using System.Globalization;
using System.Net;
using System.Reflection;
using Cloudreve.LocalHost.Http;
using Cloudreve.LocalHost.Logging;
using Cloudreve.LocalHost.Protocol;
using Cloudreve.LocalHost.Workers;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost;

/// <summary>
/// The host's HTTP side, without triggers, for a worker in the same process: requests take the real path (choice of the
/// function, forwarding, gRPC, bindings, middleware). Each host has one worker; a process may have several hosts at once.
/// </summary>
public sealed class InProcessHost : IAsyncDisposable
{
    private readonly WorkerGateway _gateway;
    private readonly WorkerSlot _slot = new();
    private readonly FunctionInvoker _invoker;
    private readonly InProcessHostOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly string _workerId = Guid.NewGuid().ToString();
    private readonly Uri _workerAddress = new($"http://127.0.0.1:{FreePorts.Take().ToString(CultureInfo.InvariantCulture)}");
    private readonly Task _arrival;
    private readonly WorkerConnection _connection;
    private HttpServer? _server;
    private FunctionRoutes? _routes;
    private HttpFront? _front;

    private InProcessHost(InProcessHostOptions options, WorkerGateway gateway)
    {
        _options = options;
        _gateway = gateway;
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(new HostLoggerProvider(options.Log ?? (_ => { }), TimeProvider.System)));
        var timeout = new FunctionTimeout(null, TimeSpan.Zero, _loggers.CreateLogger("Host.General"));
        _invoker = new FunctionInvoker(_slot, timeout, _loggers) { DurableClient = options.DurableClient };
        _connection = new WorkerConnection(new WorkerLog(_loggers).Write);
        _arrival = gateway.ExpectAsync(_workerId, _connection);
        WorkerSettings = new Dictionary<string, string?>
        {
            ["Functions:Worker:HostEndpoint"] = gateway.Address,
            ["Functions:Worker:WorkerId"] = _workerId,
            ["Functions:Worker:RequestId"] = Guid.NewGuid().ToString(),
            ["Functions:Worker:GrpcMaxMessageLength"] = int.MaxValue.ToString(CultureInfo.InvariantCulture),
            // The package's default address is the same for all workers of a process; configured endpoints replace it.
            ["Kestrel:Endpoints:Functions:Url"] = _workerAddress.ToString(),
        };
    }

    /// <summary>The configuration that the worker needs to find this host; add it to the worker's builder.</summary>
    public IReadOnlyDictionary<string, string?> WorkerSettings { get; }

    /// <summary>The address for clients, once the worker has connected.</summary>
    public Uri Address => _server?.Address ?? throw NotConnected();

    /// <summary>The worker's functions by name, once it has connected.</summary>
    public IReadOnlyList<FunctionDefinition> Functions { get; private set; } = [];

    /// <summary>The host's choice of functions, once the worker has connected.</summary>
    public FunctionRoutes Routes => _routes ?? throw NotConnected();

    /// <summary>Starts to listen for a worker. Sets the process's entry assembly and its app directory.</summary>
    public static async Task<InProcessHost> StartAsync(InProcessHostOptions options)
    {
        Assembly.SetEntryAssembly(options.App);
        Environment.SetEnvironmentVariable("FUNCTIONS_APPLICATION_DIRECTORY", options.AppDirectory);
        return new InProcessHost(options, await WorkerGateway.StartAsync());
    }

    /// <summary>Waits for the worker, loads its functions and opens the front for clients. Call it after the worker's start.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        await _arrival.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        Functions = await _connection.InitializeAsync(_options.AppDirectory, cancellationToken);
        _slot.Fill(new Worker(_connection, _workerAddress, Functions));
        _routes = new FunctionRoutes(Functions, HostJson.Load(_options.AppDirectory).RoutePrefix);
        var rules = new HttpFrontOptions(_options.BodyLimit, _ => false);
        _server = await HttpServer.StartAsync(IPAddress.Loopback, 0);
        _front = new HttpFront(_routes, _invoker, _server.Forwarder, rules, _loggers.CreateLogger("Host.Http"));
        _server.Handle(_front.HandleAsync);
    }

    /// <summary>Runs a function that HTTP does not reach, as its trigger would.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="value">The trigger's value: a queue message's text, or JSON.</param>
    /// <param name="metadata">Trigger data beside it, by name.</param>
    /// <param name="cancellationToken">Asks the function to stop.</param>
    /// <exception cref="InvalidOperationException">The function threw; the message holds its exception.</exception>
    public async Task InvokeAsync(
        string function, string value, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        var invocation = new FunctionInvocation(function, new TypedData { String = value });
        foreach (var (name, text) in metadata ?? new Dictionary<string, string>())
            invocation.With(name, text);
        try
        {
            await _invoker.RunAsync(invocation, "Invoked by a test.", cancellationToken);
        }
        catch (FunctionFailedException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    /// <summary>Runs a timer function as if its tick had come.</summary>
    public Task InvokeTimerAsync(string function, bool isPastDue = false, CancellationToken cancellationToken = default) =>
        InvokeAsync(function, Timers.TimerTriggerData.Serialize(status: null, isPastDue), null, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _connection.Close();
        await _gateway.DisposeAsync();
        _front?.Dispose();
        _routes?.Dispose();
        _loggers.Dispose();
    }

    private static InvalidOperationException NotConnected() => new("No worker has connected yet.");
}
