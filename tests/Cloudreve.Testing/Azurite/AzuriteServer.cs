using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;

namespace Cloudreve.Testing.Azurite;

/// <summary>
/// The storage emulator as a process of its own, on free ports, in memory. One for each test assembly, and one for
/// each class of many storage calls: an emulator keeps no more than one processor busy.
/// </summary>
public sealed class AzuriteServer : IDisposable
{
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private readonly Process _process;

    /// <summary>Starts the emulator and waits until it listens.</summary>
    public AzuriteServer()
    {
        int[] ports = [FreePort(), FreePort(), FreePort()];
        var script = Path.Combine(RepositoryRoot, "node_modules", "azurite", "dist", "src", "azurite.js");
        if (!File.Exists(script))
            throw new InvalidOperationException("Azurite is not installed: run 'npm ci' or './dev test'.");
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--require", Path.Combine(RepositoryRoot, "tests", "Cloudreve.Testing", "Azurite", "collections-by-name.cjs"),
            "--require", Path.Combine(RepositoryRoot, "tests", "Cloudreve.Testing", "Azurite", "blobs-by-name.cjs"),
            "--require", Path.Combine(RepositoryRoot, "tests", "Cloudreve.Testing", "Azurite", "rows-by-key.cjs"),
            "--require", Path.Combine(RepositoryRoot, "tests", "Cloudreve.Testing", "Azurite", "no-collection.cjs"),
            "--require", Path.Combine(RepositoryRoot, "tools", "dev", "Running", "encoded-names.cjs"),
            script, "--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobPort", Text(ports[0]), "--queuePort", Text(ports[1]), "--tablePort", Text(ports[2]),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        ConnectionString =
            $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={Key};" +
            $"BlobEndpoint=http://127.0.0.1:{ports[0]}/devstoreaccount1;QueueEndpoint=http://127.0.0.1:{ports[1]}/devstoreaccount1;" +
            $"TableEndpoint=http://127.0.0.1:{ports[2]}/devstoreaccount1;";
        foreach (var port in ports)
            AwaitPort(port);
    }

    /// <summary>The folder that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The connection string of the emulator, with the account key.</summary>
    public string ConnectionString { get; }

    /// <summary>Time that processors spent on the emulator so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>A client of the emulator with its own transaction counter.</summary>
    /// <param name="faults">Decides for each request whether it fails; null for never.</param>
    /// <param name="clock">The clock for signatures.</param>
    public StorageAccount Connect(Func<StorageCall, StorageFault>? faults = null, TimeProvider? clock = null) =>
        new(
            new StorageAccountOptions
            {
                ConnectionString = ConnectionString,
                Faults = faults,
                RetryDelay = TimeSpan.FromMilliseconds(5),
                // The emulator has one thread for all tests of an assembly.
                TimeLimitFactor = 10,
            },
            clock);

    /// <summary>A name for a table, container or queue that no other test uses.</summary>
    public static string UniqueName() => "t" + Guid.NewGuid().ToString("N")[..20];

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    /// <summary>A TCP port of the loopback interface that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static void AwaitPort(int port)
    {
        var elapsed = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                client.Connect(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (elapsed.Elapsed < TimeSpan.FromSeconds(60))
            {
                Thread.Sleep(50);
            }
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Cloudreve.Functions.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The repository root was not found.");
    }
}
