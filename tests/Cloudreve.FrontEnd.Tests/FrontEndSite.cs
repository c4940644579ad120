using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.FrontEnd.Tests;

/// <summary>A running site with the front end whose folder <c>CLOUDREVE_TEST_FRONT_END</c> names.</summary>
public sealed class FrontEndSite(AzuriteServer azurite) : IAsyncLifetime
{
    internal Site Site { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var folder = Environment.GetEnvironmentVariable("CLOUDREVE_TEST_FRONT_END")
            ?? throw new InvalidOperationException("CLOUDREVE_TEST_FRONT_END must name the folder of a built front end.");
        Site = await new Site(azurite, ("CLOUDREVE_FRONT_END", Path.GetFullPath(folder))).StartAsync();
        await Site.Client.SignInAsync();
    }

    public ValueTask DisposeAsync() => Site.DisposeAsync();
}
