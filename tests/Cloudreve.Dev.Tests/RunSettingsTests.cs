using Cloudreve.Dev.Running;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class RunSettingsTests : IDisposable
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void AddDefaults_VariableInEnvironment_KeepsIt()
    {
        _environment["CLOUDREVE_SITE_URL"] = "https://example.org";

        var settings = Defaults("CLOUDREVE_SITE_URL", "https://example.com");

        Assert.Equal("https://example.org", settings[RunSettings.SiteUrl]);
        Assert.DoesNotContain(RunSettings.SiteUrl, settings.Added.Keys);
    }

    [Fact]
    public void AddDefaults_ValueInFile_PrecedesDefault() =>
        Assert.Equal("https://example.com", Defaults("CLOUDREVE_SITE_URL", "https://example.com").Added[RunSettings.SiteUrl]);

    [Fact]
    public void AddDefaults_EmptyValueInFile_LeavesTheSettingUnset() => Assert.Null(Defaults("CLOUDREVE_ADMIN_PASSWORD", "")[RunSettings.AdminPassword]);

    [Theory]
    [InlineData("", "CloudreveHub")]
    [InlineData("staging2", "Staging2Hub")]
    public void AddDefaults_Prefix_NamesATaskHubOfItsOwn(string prefix, string hub)
    {
        _environment["CLOUDREVE_PREFIX"] = prefix;

        Assert.Equal(hub, Defaults("A", "b").Added[RunSettings.HubName]);
    }

    [Fact]
    public void Set_VariableInEnvironment_ReplacesIt()
    {
        _environment["AzureWebJobsStorage"] = "UseDevelopmentStorage=true";
        var settings = Defaults("A", "b");

        settings.Set(RunSettings.Storage, "of the run");

        Assert.Equal("of the run", settings[RunSettings.Storage]);
    }

    [Fact]
    public void ReadFile_CommentsAndOtherTypes_ReadsTexts()
    {
        File.WriteAllText(_file, """{ "Values": { /* of mine */ "A": "b", "FLAG": true, "NONE": null, }, "Host": { "LocalHttpPort": 7071 } }""");

        Assert.Equal(new Dictionary<string, string> { ["A"] = "b", ["FLAG"] = "true", ["NONE"] = "" }, LocalSettings.ReadFile(_file));
    }

    [Fact]
    public void ReadFile_Emulator_LeavesStorageToTheRun()
    {
        File.WriteAllText(_file, """{ "Values": { "AzureWebJobsStorage": "UseDevelopmentStorage=true" } }""");

        Assert.Empty(LocalSettings.ReadFile(_file));
    }

    [Theory]
    [InlineData("""{ "IsEncrypted": true, "Values": {} }""")]
    [InlineData("""{ "Values": [] }""")]
    [InlineData("Values")]
    public void ReadFile_EncryptedOrMalformed_NamesTheFile(string text)
    {
        File.WriteAllText(_file, text);

        Assert.Contains(_file, Assert.Throws<CommandException>(() => LocalSettings.ReadFile(_file)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);

    private RunSettings Defaults(string name, string value)
    {
        var settings = new RunSettings(variable => _environment.GetValueOrDefault(variable));
        settings.AddDefaults(new Dictionary<string, string> { [name] = value }, 7071);
        return settings;
    }
}
