using Cloudreve.AzureStorage;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Startup;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

public sealed class SiteUrlsTests
{
    private static readonly SiteSettings Site = new(new Dictionary<string, string> { ["siteURL"] = "https://drive.example.com,https://other.example.com" });

    [Theory]
    [InlineData(true, "localhost:7071", "http://localhost:7071")]
    [InlineData(false, "localhost:7071", "https://drive.example.com")]
    [InlineData(false, "127.0.0.1", "https://drive.example.com")]
    [InlineData(false, "OTHER.example.com", "https://other.example.com")]
    [InlineData(true, "evil.example.com", "https://drive.example.com")]
    public void Given_the_host_of_a_request_when_the_sites_address_is_chosen_then_only_known_hosts_count(bool isDevelopment, string host, string expected)
    {
        var http = new DefaultHttpContext { RequestServices = Services(isDevelopment) };
        http.Request.Scheme = "http";
        http.Request.Host = new HostString(host);

        Assert.Equal(expected, SiteUrls.Base(http, Site, primary: false));
        Assert.Equal("https://drive.example.com", SiteUrls.Base(http, Site, primary: true));
    }

    private static ServiceProvider Services(bool isDevelopment) => new ServiceCollection()
        .AddSingleton(new AppSettings { IsDevelopment = isDevelopment, Storage = new StorageAccountOptions { ConnectionString = "UseDevelopmentStorage=true" } })
        .BuildServiceProvider();
}
