using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Functions.Startup;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Startup;

public sealed class AppSettingsTests
{
    private static AppSettings Read(params (string Name, string Value)[] settings) =>
        AppSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => (string?)s.Value)).Build());

    [Fact]
    public void Given_the_name_of_an_account_when_settings_are_read_then_it_is_reached_with_an_identity() =>
        Assert.Equal("acc", Read(("AzureWebJobsStorage:accountName", "acc")).Storage.AccountName);

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public void Given_the_hosts_environment_when_settings_are_read_then_only_development_is_one(string environment, bool expected) =>
        Assert.Equal(expected, Read(("AzureWebJobsStorage", "UseDevelopmentStorage=true"), ("AZURE_FUNCTIONS_ENVIRONMENT", environment)).IsDevelopment);

    [Fact]
    public void Given_no_account_when_settings_are_read_then_the_message_names_the_setting()
    {
        Assert.Contains("AzureWebJobsStorage", Assert.Throws<SettingsException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CLOUDREVE_PREFIX", "Upper")]
    [InlineData("CLOUDREVE_PREFIX", "1st")]
    [InlineData("CLOUDREVE_BLOB_TRIGGER", "yes")]
    [InlineData("CLOUDREVE_SEARCH", "http://name.search.windows.net")]
    [InlineData("CLOUDREVE_SEARCH", "name.search.windows.net")]
    [InlineData("CLOUDREVE_KEY_VAULT", "name")]
    [InlineData("CLOUDREVE_PRIVATE_HOSTS", "http://mail.internal")]
    [InlineData("CLOUDREVE_DOWNLOAD_HOSTS", "http://files.internal")]
    [InlineData("CLOUDREVE_SEALING_KEYS", "k1:short")]
    [InlineData("CLOUDREVE_SEALING_KEYS", "@Microsoft.KeyVault(SecretUri=https://name.vault.azure.net/secrets/keys)")]
    [InlineData("CLOUDREVE_KEY_VAULT", "http://name.vault.azure.net")]
    [InlineData("CLOUDREVE_KEY_VAULT", "https://name.vault.azure.net/secrets/x")]
    public void Given_a_setting_that_is_not_understood_when_settings_are_read_then_the_message_names_it(string name, string value)
    {
        var error = Assert.Throws<SettingsException>(() => Read(("AzureWebJobsStorage", "UseDevelopmentStorage=true"), (name, value)));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Given_lists_of_what_the_site_may_reach_when_settings_are_read_then_each_item_counts()
    {
        var rules = Read(
            ("AzureWebJobsStorage", "UseDevelopmentStorage=true"), ("CLOUDREVE_PROGRAMS", "ffmpeg, /usr/bin/vips"),
            ("CLOUDREVE_PROGRAM_ARGUMENTS", "-hwaccel,auto"), ("CLOUDREVE_KEY_FILES", "/keys/master")).Rules;

        Assert.Equal(["/usr/bin/vips", "ffmpeg"], rules.Programs.Order(StringComparer.Ordinal));
        Assert.Equal(["-hwaccel", "auto"], rules.ProgramArguments.Order(StringComparer.Ordinal));
        Assert.Equal(["/keys/master"], rules.KeyFiles);
    }

    [Fact]
    public void Given_hosts_for_the_site_and_for_downloads_when_the_app_is_composed_then_each_list_counts_for_its_own_calls()
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration["AzureWebJobsStorage"] = "UseDevelopmentStorage=true";
        using var worker = builder.AddCloudreve().Build();
        var settings = worker.Services.GetRequiredService<AppSettings>();

        Assert.Same(settings.Outgoing, worker.Services.GetRequiredService<OutgoingRules>());
        Assert.Same(settings.Downloads, worker.Services.GetRequiredService<DownloadRules>().Rules);
        Assert.NotSame(settings.Outgoing, settings.Downloads);
    }

    [Fact]
    public void Given_a_text_that_is_no_connection_string_when_it_is_needed_then_it_is_not_quoted()
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration["AzureWebJobsStorage"] = "AccountKey=secret";
        using var worker = builder.AddCloudreve().Build();

        var error = Assert.Throws<SettingsException>(() => worker.Services.GetRequiredService<StorageAccount>());

        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }
}
