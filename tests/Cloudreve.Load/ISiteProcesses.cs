namespace Cloudreve.Load;

/// <summary>The processes of a site under load. Its storage is reached through the proxy that the load puts before the emulator.</summary>
public interface ISiteProcesses
{
    /// <summary>The address at which clients reach it, the same before and after each kill.</summary>
    Uri Address { get; }

    /// <summary>The host that was started last; null while there is none.</summary>
    int? HostId { get; }

    /// <summary>The worker that the host has started; null while there is none.</summary>
    int? WorkerId { get; }

    /// <summary>The latest output of host and worker.</summary>
    string Output { get; }

    /// <summary>Starts the host and does not wait for it.</summary>
    void Launch();

    /// <summary>Waits until the site answers.</summary>
    Task AwaitAnswerAsync();

    /// <summary>Ends host and worker by force and waits for the end of both.</summary>
    Task KillAsync();
}
