using System.Net;
using Cloudreve.AzureStorage;
using Cloudreve.Functions.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class HostSettingsTests
{
    private static HostSettings Read(params (string Name, string Value)[] settings) =>
        HostSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => (string?)s.Value)).Build());

    [Fact]
    public void Given_no_port_of_a_host_when_settings_are_read_then_the_app_stands_alone_on_the_loopback_interface()
    {
        var settings = Read(("AzureWebJobsStorage", "UseDevelopmentStorage=true"));

        Assert.Equal((HostingMode.Standalone, IPAddress.Loopback, 7071), (settings.Mode, settings.Address, settings.Port));
    }

    [Fact]
    public void Given_a_port_of_a_host_when_settings_are_read_then_the_app_listens_there_whatever_else_is_set()
    {
        var settings = Read(
            ("AzureWebJobsStorage:accountName", "acc"), ("FUNCTIONS_CUSTOMHANDLER_PORT", "5001"), ("CLOUDREVE_BIND", "*"), ("CLOUDREVE_PORT", "80"));

        Assert.Equal((HostingMode.Handler, IPAddress.Loopback, 5001), (settings.Mode, settings.Address, settings.Port));
        Assert.Equal("acc", settings.Storage.AccountName);
    }

    [Fact]
    public void Given_no_account_when_settings_are_read_then_the_message_names_the_setting()
    {
        Assert.Contains("AzureWebJobsStorage", Assert.Throws<SettingsException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CLOUDREVE_PREFIX", "Upper")]
    [InlineData("CLOUDREVE_PREFIX", "1st")]
    [InlineData("CLOUDREVE_PORT", "70000")]
    [InlineData("CLOUDREVE_PORT", "http")]
    [InlineData("CLOUDREVE_BIND", "localhost")]
    [InlineData("CLOUDREVE_BLOB_TRIGGER", "yes")]
    [InlineData("CLOUDREVE_KEY_VAULT", "name")]
    [InlineData("CLOUDREVE_KEY_VAULT", "http://name.vault.azure.net")]
    [InlineData("CLOUDREVE_KEY_VAULT", "https://name.vault.azure.net/secrets/x")]
    public void Given_a_setting_that_is_not_understood_when_settings_are_read_then_the_message_names_it(string name, string value)
    {
        var error = Assert.Throws<SettingsException>(() => Read(("AzureWebJobsStorage", "UseDevelopmentStorage=true"), (name, value)));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Given_a_text_that_is_no_connection_string_when_the_account_is_needed_then_the_message_does_not_quote_it()
    {
        var error = Assert.Throws<SettingsException>(() =>
            CloudreveApp.Build(["--AzureWebJobsStorage", "AccountKey=secret"]).Services.GetRequiredService<StorageAccount>());

        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }
}
