using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.WebDav;

/// <summary>Programs that speak WebDAV, against the published app under the local host.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed partial class DavProgramTests(SharedSite shared) : IDisposable
{
    private const int Suites = 5;
    private const int Files = 200;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("webdav");

    [Fact]
    public async Task Litmus_finds_no_fault_and_gives_no_warning()
    {
        var password = await CreateAccountAsync();

        var (code, output) = await new InstalledProgram("litmus", _folder.FullName).RunAsync($"{shared.Site.Address}dav/", SiteClient.AdminEmail, password);

        Assert.True(code == 0, output);
        Assert.Equal(Suites, Clean().Count(output));
        Assert.DoesNotContain("WARNING", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other", "dav")]
    [InlineData("nextcloud", "remote.php/dav/files/admin")]
    public async Task Rclone_copies_both_ways_checks_moves_and_deletes(string vendor, string mount)
    {
        var rclone = await ConfigureAsync(vendor, mount);
        var (top, source, copy) = ($"remote:rclone-{vendor}", Path.Combine(_folder.FullName, "source"), Path.Combine(_folder.FullName, "copy"));
        MakeFiles(source);

        await SucceedAsync(rclone, "copy", source, top, "--transfers", "8");
        await SucceedAsync(rclone, "check", source, top, "--download");
        await SucceedAsync(rclone, "copy", top, copy);
        await SucceedAsync(rclone, "check", source, copy);
        await SucceedAsync(rclone, "move", $"{top}/a b", $"{top}/moved");
        await SucceedAsync(rclone, "deletefile", $"{top}/moved/0 ä#%.txt");
        var left = await SucceedAsync(rclone, "lsf", "-R", "--files-only", top);
        Assert.Equal(Files - 1, left.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await SucceedAsync(rclone, "purge", top);
        Assert.DoesNotContain($"rclone-{vendor}/", await SucceedAsync(rclone, "lsf", "remote:"), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [GeneratedRegex("0 failed\\. 100\\.0%", RegexOptions.NonBacktracking)]
    private static partial Regex Clean();

    private static void MakeFiles(string folder)
    {
        foreach (var below in (string[])["a b", "c"])
            Directory.CreateDirectory(Path.Combine(folder, below));
        for (var i = 0; i < Files; i++)
            File.WriteAllText(Path.Combine(folder, i % 2 == 0 ? "a b" : "c", $"{i} ä#%.txt"), $"content {i}");
    }

    private static async Task<string> SucceedAsync(InstalledProgram rclone, params string[] arguments)
    {
        var (code, output) = await rclone.RunAsync(arguments);
        Assert.True(code == 0, $"rclone {string.Join(' ', arguments)}: {output}");
        return output;
    }

    /// <summary>Creates a WebDAV account.</summary>
    /// <returns>Its password.</returns>
    private async Task<string> CreateAccountAsync()
    {
        var account = await shared.Site.Client.SendAsync(
            HttpMethod.Put, "devices/dav", JsonContent.Create(new { name = "A program", uri = "cloudreve://my", proxy = true }));
        return account.GetProperty("password").GetString()!;
    }

    private async Task<InstalledProgram> ConfigureAsync(string vendor, string mount)
    {
        var (_, secret) = await new InstalledProgram("rclone", _folder.FullName).RunAsync("obscure", await CreateAccountAsync());
        var configuration = Path.Combine(_folder.FullName, "rclone.conf");
        await File.WriteAllTextAsync(
            configuration,
            $"[remote]\ntype = webdav\nurl = {shared.Site.Address}{mount}\nvendor = {vendor}\nuser = {SiteClient.AdminEmail}\npass = {secret.Trim()}\n");
        return new InstalledProgram("rclone", _folder.FullName) { Environment = new Dictionary<string, string> { ["RCLONE_CONFIG"] = configuration } };
    }
}
