using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.WebDav;

/// <summary>A WebDAV server of the machine's packages, as a process.</summary>
internal sealed class InstalledServer : IDavServer
{
    private const string Container = "rclone";

    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(20);

    private readonly ProcessStartInfo _start;
    private readonly DirectoryInfo _folder;
    private Process _process;

    private InstalledServer(string name, int port, ProcessStartInfo start, DirectoryInfo folder)
    {
        (Name, _start, _folder) = (name, start, folder);
        _process = Launch();
        Client = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/")), Timeout = TimeSpan.FromMinutes(10) };
        AppDomain.CurrentDomain.ProcessExit += End;
    }

    public string Name { get; }

    public HttpClient Client { get; }

    /// <summary><c>rclone serve webdav</c> on a container of the same emulator; null when rclone is not installed.</summary>
    public static async Task<InstalledServer?> TryStartRcloneAsync(string connectionString)
    {
        var account = new BlobServiceClient(connectionString);
        await account.GetBlobContainerClient(Container).CreateIfNotExistsAsync();
        var address = account.GenerateAccountSasUri(AccountSasPermissions.All, DateTimeOffset.UtcNow.AddDays(1), AccountSasResourceTypes.All);
        var folder = Directory.CreateTempSubdirectory("bench-rclone");
        var configuration = Path.Combine(folder.FullName, "rclone.conf");
        // This version of rclone signs for Azure's own hosts only.
        await File.WriteAllTextAsync(configuration, $"[azure]\ntype = azureblob\nsas_url = {address}\n");
        var port = AzuriteServer.FreePort();
        return await TryStartAsync(
            "rclone serve", port, folder, "rclone",
            ["--config", configuration, "serve", "webdav", $"azure:{Container}", "--addr", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")]);
    }

    /// <summary>Apache with mod_dav on a folder of the local disk; null when it is not installed.</summary>
    public static async Task<InstalledServer?> TryStartApacheAsync()
    {
        const string Modules = "/usr/lib/apache2/modules";
        var folder = Directory.CreateTempSubdirectory("bench-apache");
        var port = AzuriteServer.FreePort();
        var files = folder.CreateSubdirectory("files");
        // As root it serves as somebody else, who has to write there.
        foreach (var place in (DirectoryInfo[])[folder, files])
        {
            if (!OperatingSystem.IsWindows())
                place.UnixFileMode = (UnixFileMode)Convert.ToInt32("777", 8);
        }
        var user = Environment.UserName == "root" ? "User www-data\nGroup www-data" : "";
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "httpd.conf"), $"""
            ServerRoot "{folder.FullName}"
            LoadModule mpm_event_module {Modules}/mod_mpm_event.so
            LoadModule authz_core_module {Modules}/mod_authz_core.so
            LoadModule dav_module {Modules}/mod_dav.so
            LoadModule dav_fs_module {Modules}/mod_dav_fs.so
            Listen 127.0.0.1:{port}
            ServerName localhost
            {user}
            PidFile httpd.pid
            ErrorLog error.log
            DocumentRoot "{files.FullName}"
            DavLockDB "{folder.FullName}/locks"
            <Directory "{files.FullName}">
              Dav On
              Require all granted
            </Directory>
            """);
        return await TryStartAsync("Apache mod_dav", port, folder, "/usr/sbin/apache2", ["-f", Path.Combine(folder.FullName, "httpd.conf"), "-DFOREGROUND"]);
    }

    public async Task RestartAsync()
    {
        End(null, EventArgs.Empty);
        _process.Dispose();
        _process = Launch();
        await AwaitAsync();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(null, EventArgs.Empty);
        _process.Dispose();
        Client.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<InstalledServer?> TryStartAsync(string name, int port, DirectoryInfo folder, string program, string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder.FullName, UseShellExecute = false, RedirectStandardError = true };
            var server = new InstalledServer(name, port, start, folder);
            await server.AwaitAsync();
            return server;
        }
        catch (Win32Exception)
        {
            Console.WriteLine($"{name}: not run, since {program} is not installed.");
            folder.Delete(recursive: true);
            return null;
        }
    }

    private Process Launch()
    {
        var process = Process.Start(_start)!;
        // What it says is of no interest, and must not fill the pipe.
        process.BeginErrorReadLine();
        return process;
    }

    private async Task AwaitAsync()
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var answer = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Options, ""));
                return;
            }
            catch (HttpRequestException)
            {
                if (_process.HasExited || waiting.Elapsed > s_startTimeout)
                    throw new BenchmarkException($"{Name} does not answer.");
                await Task.Delay(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    private void End(object? sender, EventArgs e)
    {
        if (_process.HasExited)
            return;
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }
}
