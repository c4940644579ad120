using Cloudreve.Core.Site;
using Cloudreve.EndToEnd.Processes;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Sites;

/// <summary>One running site, with its administrator signed in, for the tests that leave it running. Each uses folders of its own.</summary>
public sealed class SharedSite(AzuriteServer azurite) : IAsyncLifetime
{
    /// <summary>A policy whose content passes through the app; otherwise it is the seeded one.</summary>
    public const int ProxiedPolicyId = 7;

    public const string FrontEndPage = "<title>the front end</title>";

    private readonly DirectoryInfo _frontEnd = Directory.CreateTempSubdirectory("front-end");

    internal Site Site { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_frontEnd.FullName, "index.html"), FrontEndPage);
        Site = await new Site(azurite, ("CLOUDREVE_FRONT_END", _frontEnd.FullName)).StartAsync();
        var catalog = new SiteCatalog(Site.Layout, TimeProvider.System);
        await Eventually.TrueAsync(async () => await Site.Files.ExistsAsync(), TimeSpan.FromSeconds(30), () => "the site's container");
        await AddProxiedPolicyAsync(catalog);
        await Site.Client.SignInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        _frontEnd.Delete(recursive: true);
    }

    private static async Task AddProxiedPolicyAsync(SiteCatalog catalog)
    {
        var seeded = await catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        await catalog.SavePolicyAsync(seeded with { Id = ProxiedPolicyId, Settings = seeded.Settings with { InternalProxy = true } });
    }
}
