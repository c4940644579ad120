using Cloudreve.EndToEnd.Processes;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Load;

namespace Cloudreve.EndToEnd.Load;

/// <summary>A site of the tests, as load sees it.</summary>
internal sealed class SiteUnderLoad(Site site) : ISiteProcesses
{
    private HostProcess? _host;

    public Uri Address => site.Address;

    public int? HostId => _host?.Id;

    public int? WorkerId => _host is { } host && ProcessTable.ChildrenOf(host.Id) is [var worker, ..] ? worker : null;

    public string Output => _host?.Story ?? "";

    public void Launch()
    {
        site.Launch();
        _host = site.Host;
    }

    public async Task AwaitAnswerAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        await site.EventuallyAsync(() => IsReadyAsync(client));
    }

    public Task KillAsync()
    {
        _host = null;
        return site.KillAsync();
    }

    /// <summary>Checks whether the site answers a request that needs storage.</summary>
    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            return (await client.GetStringAsync(new Uri("/api/v4/site/config/basic", UriKind.Relative))).Contains("\"code\":0", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
