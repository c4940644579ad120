using Cloudreve.LocalHost.Tests.Processes;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Life;

public sealed class AppFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("localhost-").FullName;

    [Fact]
    public void An_app_built_with_these_extensions_passes() => ExtensionVersions.Check(AppFolder.Open(LocalHostProcess.AppDirectory));

    [Theory]
    [InlineData("Microsoft.Azure.WebJobs.Extensions.DurableTask/3.99.0")]
    [InlineData("Microsoft.Azure.WebJobs.Extensions.DurableTask/2.13.0")]
    [InlineData("Microsoft.Azure.WebJobs.Extensions.Storage.Queues/6.0.0-beta.1")]
    public void An_app_built_with_others_is_refused(string library)
    {
        WriteApp();
        WriteDependencies(library);
        var refusal = Assert.Throws<LocalHostException>(() => ExtensionVersions.Check(AppFolder.Open(_folder)));
        Assert.Contains(library.Split('/')[0], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_an_app_is_refused() => Assert.Throws<LocalHostException>(() => AppFolder.Open(_folder));

    [Fact]
    public void Local_settings_fill_what_the_environment_leaves_open()
    {
        WriteApp();
        Environment.SetEnvironmentVariable("LOCALHOST_TEST_DEFINED", "environment");
        File.WriteAllText(
            Path.Combine(_folder, "local.settings.json"),
            """{ "Values": { "LOCALHOST_TEST_DEFINED": "file", "LOCALHOST_TEST_OPEN": "file" } } // comment""");
        AppFolder.Open(_folder).ApplyLocalSettings();
        Assert.Equal("environment", Environment.GetEnvironmentVariable("LOCALHOST_TEST_DEFINED"));
        Assert.Equal("file", Environment.GetEnvironmentVariable("LOCALHOST_TEST_OPEN"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void WriteApp()
    {
        File.WriteAllText(
            Path.Combine(_folder, "worker.config.json"),
            """{ "description": { "defaultExecutablePath": "dotnet", "defaultWorkerPath": "App.dll" } }""");
        File.WriteAllText(Path.Combine(_folder, "App.dll"), "");
    }

    private void WriteDependencies(string library)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, ".azurefunctions"));
        File.WriteAllText(Path.Combine(folder.FullName, "function.deps.json"), $$"""{ "libraries": { "{{library}}": { "type": "package" } } }""");
    }
}
