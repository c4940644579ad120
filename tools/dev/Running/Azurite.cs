using System.Globalization;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Running;

/// <summary>The storage emulator of a local run. Its data stays in <c>.azurite/</c> and survives restarts.</summary>
internal sealed class Azurite : IAsyncDisposable
{
    // The emulator's published account, which is not secret.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private static readonly int[] s_usualPorts = [10000, 10001, 10002];
    private readonly ChildProcess _process;
    private readonly FileStream _lock;
    private readonly int[] _ports;

    private Azurite(ChildProcess process, FileStream @lock, int[] ports)
    {
        _process = process;
        _lock = @lock;
        _ports = ports;
    }

    /// <summary>True when it listens where <c>UseDevelopmentStorage=true</c> points to.</summary>
    public bool OnUsualPorts => _ports.SequenceEqual(s_usualPorts);

    /// <summary>The connection string.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{Text(_ports[0])}/{Account};" +
        $"QueueEndpoint=http://127.0.0.1:{Text(_ports[1])}/{Account};TableEndpoint=http://127.0.0.1:{Text(_ports[2])}/{Account};";

    /// <summary>True when an emulator, or something else, listens on the emulator's usual blob port.</summary>
    public static bool IsRunning => !LocalPort.IsFree(s_usualPorts[0]);

    /// <summary>Starts the emulator on its usual ports, or on free ones when these are taken, and waits until it listens.</summary>
    /// <exception cref="CommandException">Its data is in use, or it does not start.</exception>
    public static async Task<Azurite> StartAsync(Repository repository, Guardian guardian, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(repository.Path(".azurite"));
        var held = TakeLock(folder);
        var ports = s_usualPorts.All(LocalPort.IsFree) ? s_usualPorts : LocalPort.FindFree(s_usualPorts.Length);
        var start = Executable.StartInfo(
            "node",
            [
                "--require", repository.Path("tools", "dev", "Running", "outlive-interrupt.cjs"),
                "--require", repository.Path("tools", "dev", "Running", "encoded-names.cjs"),
                repository.Path("node_modules", "azurite", "dist", "src", "azurite.js"),
                "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--location", folder.FullName,
                "--blobPort", Text(ports[0]), "--queuePort", Text(ports[1]), "--tablePort", Text(ports[2]),
            ],
            repository.Root,
            null);
        var azurite = new Azurite(ChildProcess.Start("Azurite", start, guardian, quiet: true), held, ports);
        try
        {
            using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var failure = azurite.FailWhenEndedAsync(race.Token);
            await await Task.WhenAny(Task.WhenAll(ports.Select(port => LocalPort.AwaitAsync(port, race.Token))), failure);
            await race.CancelAsync();
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it exits by itself, which it never should.</summary>
    /// <exception cref="CommandException">It has ended.</exception>
    public Task FailWhenEndedAsync(CancellationToken cancellationToken) => _process.FailWhenEndedAsync(cancellationToken);

    /// <summary>Ends it; it writes its data first.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _lock.DisposeAsync();
    }

    /// <summary>Two emulators on one folder would destroy its data.</summary>
    private static FileStream TakeLock(DirectoryInfo folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder.FullName, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CommandException("Another './dev run' uses the data in .azurite: end it first, or set AzureWebJobsStorage to another account.");
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
