/// <summary>
/// Runs inside the worker, before its own code (the runtime finds it by DOTNET_STARTUP_HOOKS): ends the worker once the host is
/// gone, however it ended. The host holds the other end of the worker's standard input, and a pipe closes with its process
/// on every platform. It must use nothing but the runtime.
/// </summary>
#pragma warning disable MA0047 // The runtime looks for it outside of any namespace.
internal static class StartupHook
#pragma warning restore MA0047
{
    /// <summary>Begins to watch.</summary>
    public static void Initialize()
    {
        // Processes that the worker starts are not workers.
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);
        var host = Console.OpenStandardInput();
        new Thread(() => WatchHost(host)) { IsBackground = true, Name = "Host watch" }.Start();
    }

    private static void WatchHost(Stream host)
    {
        var buffer = new byte[1];
        while (host.Read(buffer, 0, 1) > 0)
        {
            // The host writes nothing.
        }
        System.Diagnostics.Process.GetCurrentProcess().Kill();
    }
}
