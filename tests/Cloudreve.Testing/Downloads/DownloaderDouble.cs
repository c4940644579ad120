using System.Globalization;
using System.Net;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Testing.Downloads;

/// <summary>Answers like a downloader, and has all of a torrent as soon as it is added: for tests that repeat a download many times, or need odd answers.</summary>
public abstract class DownloaderDouble : IAsyncDisposable
{
    private const int MaxTries = 5;

    private readonly HttpListener _listener;
    private readonly Torrent _torrent;
    private readonly Task _running;

    protected DownloaderDouble(Torrent torrent)
    {
        _torrent = torrent;
        (_listener, Address) = Listen();
        _running = RunAsync();
    }

    public string Address { get; }

    /// <summary>The folder for downloads.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("downloader").FullName;

    /// <summary>True to leave all calls without an answer.</summary>
    public bool IsAway { get; set; }

    /// <summary>Follows the names of files on the disk: those of a program that renames them later.</summary>
    public string Suffix { get; set; } = "";

    /// <summary>The torrent that it downloads, whatever it is given.</summary>
    protected Torrent Torrent => _torrent;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
        _listener.Close();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives all files on the disk their names.</summary>
    public void Rename()
    {
        foreach (var path in Directory.EnumerateFiles(Folder, "*" + Suffix, SearchOption.AllDirectories).ToList())
            File.Move(path, path[..^Suffix.Length]);
        Suffix = "";
    }

    /// <summary>Answers a call.</summary>
    protected abstract Task AnswerAsync(HttpListenerContext context);

    /// <summary>Writes the torrent's files into a folder.</summary>
    protected void Download(string folder)
    {
        foreach (var (name, content) in _torrent.Files)
        {
            var path = Path.Combine(folder, _torrent.Name, name + Suffix);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>Listens on a free port; somebody else may take it first.</summary>
    private static (HttpListener Listener, string Address) Listen()
    {
        for (var tries = 1; ; tries++)
        {
            var listener = new HttpListener();
            var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{AzuriteServer.FreePort()}/");
            listener.Prefixes.Add(address);
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (tries < MaxTries)
            {
                listener.Close();
            }
        }
    }

    private async Task RunAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                if (IsAway)
                {
                    context.Response.Abort();
                    continue;
                }
                await AnswerAsync(context);
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The client left, or the test is over.
            }
        }
    }
}
