using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.AzureStorage.Tests;

public sealed class BrowserOriginTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_an_account_with_a_foreign_rule_when_browsers_are_let_in_twice_then_one_rule_is_added()
    {
        var service = new BlobServiceClient(azurite.ConnectionString);
        var properties = (await service.GetPropertiesAsync()).Value;
        properties.Cors =
        [
            new BlobCorsRule
            {
                AllowedOrigins = "https://app.example.com",
                AllowedMethods = "GET",
                AllowedHeaders = "",
                ExposedHeaders = "",
                MaxAgeInSeconds = 5,
            },
        ];
        await service.SetPropertiesAsync(properties);

        await azurite.Connect().AllowBrowserOriginsAsync(["*"]);
        await azurite.Connect().AllowBrowserOriginsAsync(["*"]);

        var rules = (await service.GetPropertiesAsync()).Value.Cors;
        Assert.Equal(["https://app.example.com", "*"], rules.Select(rule => rule.AllowedOrigins));
        Assert.Equal("GET,HEAD,PUT,OPTIONS", rules[1].AllowedMethods);
    }
}
