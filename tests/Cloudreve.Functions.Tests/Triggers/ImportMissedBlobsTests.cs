using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Triggers;

/// <summary>A blob that the emulator's scan has missed; the fixture's host never scans.</summary>
public sealed class ImportMissedBlobsTests(AzuriteServer azurite)
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData("Development", "LogsAndContainerScan", true)]
    [InlineData("Production", "LogsAndContainerScan", true)]
    [InlineData("Production", "EventGrid", false)]
    public async Task Given_a_blob_that_the_host_missed_when_the_timer_ticks_then_it_is_imported_if_the_host_scans(string environment, string source, bool imported)
    {
        await using var app = await AppFixture.StartAsync(
            azurite,
            services => services.AddSingleton<TimeProvider>(_clock),
            new Dictionary<string, string?> { ["AZURE_FUNCTIONS_ENVIRONMENT"] = environment, ["CLOUDREVE_BLOB_TRIGGER"] = source });
        app.Services.GetRequiredService<MissedArrivals>();
        var user = await app.CreateUserAsync();
        await app.Account.Container(app.Layout.FilesContainerName).WriteAsync($"imports/{user.Id}/letter.pdf", BinaryData.FromString("%PDF"));

        _clock.Advance(TimeSpan.FromMinutes(1));
        await app.Host.InvokeAsync("ImportMissedBlobs", "{}");

        var file = await app.Services.GetRequiredService<EntriesByPath>().FindAsync(user.Id, FilePath.ParsePlain("/letter.pdf"));
        Assert.Equal(imported, file is not null);
    }
}
