using System.Globalization;
using System.Text.RegularExpressions;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.WebDav;

/// <summary>Programs that speak WebDAV, against the published app under the local host.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed partial class DavProgramTests(SharedSite shared) : IDisposable
{
    private const int Suites = 5;

    // ./dev crash sets it to 2,000.
    private static readonly int s_files =
        int.TryParse(Environment.GetEnvironmentVariable("CLOUDREVE_DAV_FILES"), NumberStyles.None, CultureInfo.InvariantCulture, out var files) ? files : 200;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("webdav");

    [Fact]
    public async Task Litmus_finds_no_fault_and_gives_no_warning()
    {
        using var device = await DavDevice.CreateAsync(shared.Site);

        var (code, output) = await new InstalledProgram("litmus", _folder.FullName).RunAsync($"{shared.Site.Address}dav/", SiteClient.AdminEmail, device.Password);

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
        Assert.Equal(s_files - 1, left.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await SucceedAsync(rclone, "purge", top);
        Assert.DoesNotContain($"rclone-{vendor}/", await SucceedAsync(rclone, "lsf", "remote:"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rclone_bisync_brings_changes_of_both_sides_to_the_other()
    {
        var rclone = await ConfigureAsync("nextcloud", "remote.php/dav/files/admin");
        const string Top = "remote:bisync";
        var (local, work) = (Directory.CreateDirectory(Path.Combine(_folder.FullName, "local")).FullName, Path.Combine(_folder.FullName, "work"));
        for (var i = 0; i < 10; i++)
        {
            var file = Path.Combine(local, $"{i}.txt");
            await File.WriteAllTextAsync(file, $"content {i}");
            // bisync sees a change by its time, in whole seconds.
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        }
        await SucceedAsync(rclone, "mkdir", Top);
        await SucceedAsync(rclone, "bisync", local, Top, "--resync", "--workdir", work);

        await File.WriteAllTextAsync(Path.Combine(local, "0.txt"), "changed here");
        File.Delete(Path.Combine(local, "1.txt"));
        await SucceedAsync(rclone with { Input = "changed there" }, "rcat", $"{Top}/2.txt");
        await SucceedAsync(rclone with { Input = "new there" }, "rcat", $"{Top}/below/new.txt");
        await SucceedAsync(rclone, "deletefile", $"{Top}/3.txt");
        await SucceedAsync(rclone, "bisync", local, Top, "--workdir", work);

        await SucceedAsync(rclone, "check", local, Top, "--download");
        Assert.Equal(
            ["0.txt", "2.txt", "4.txt", "5.txt", "6.txt", "7.txt", "8.txt", "9.txt", "new.txt"],
            Directory.EnumerateFiles(local, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("changed here", await SucceedAsync(rclone, "cat", $"{Top}/0.txt"));
        Assert.Equal("changed there", await File.ReadAllTextAsync(Path.Combine(local, "2.txt")));
    }

    [Fact]
    public async Task Cadaver_finds_what_it_has_put_and_locks_moves_copies_and_deletes_it()
    {
        using var device = await DavDevice.CreateAsync(shared.Site);
        var home = new Dictionary<string, string> { ["HOME"] = _folder.FullName };
        var credentials = Path.Combine(_folder.FullName, ".netrc");
        await File.WriteAllTextAsync(credentials, $"machine 127.0.0.1 login {SiteClient.AdminEmail} password {device.Password}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(credentials, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "put.txt"), "content");
        const string Commands = """
            mkcol cadaver
            cd cadaver
            put put.txt
            lock put.txt
            put put.txt
            unlock put.txt
            copy put.txt copy.txt
            move put.txt moved.txt
            get moved.txt got.txt
            propset moved.txt color red
            propget moved.txt color
            delete copy.txt
            ls
            cd ..
            rmcol cadaver
            ls
            quit

            """;

        var cadaver = new InstalledProgram("cadaver", _folder.FullName) { Environment = home, Input = Commands };
        var (code, output) = await cadaver.RunAsync($"{shared.Site.Address}dav/");

        Assert.True(code == 0, output);
        Assert.DoesNotContain("failed", output, StringComparison.Ordinal);
        Assert.Contains("Value of color is: red", output, StringComparison.Ordinal);
        Assert.Matches("moved\\.txt +7 ", output);
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "got.txt")));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [GeneratedRegex("0 failed\\. 100\\.0%", RegexOptions.NonBacktracking)]
    private static partial Regex Clean();

    private static void MakeFiles(string folder)
    {
        foreach (var below in (string[])["a b", "c"])
            Directory.CreateDirectory(Path.Combine(folder, below));
        for (var i = 0; i < s_files; i++)
            File.WriteAllText(Path.Combine(folder, i % 2 == 0 ? "a b" : "c", $"{i} ä#%.txt"), $"content {i}");
    }

    private static async Task<string> SucceedAsync(InstalledProgram rclone, params string[] arguments)
    {
        var (code, output) = await rclone.RunAsync(arguments);
        Assert.True(code == 0, $"rclone {string.Join(' ', arguments)}: {output}");
        return output;
    }

    private async Task<InstalledProgram> ConfigureAsync(string vendor, string mount)
    {
        using var device = await DavDevice.CreateAsync(shared.Site);
        var (_, secret) = await new InstalledProgram("rclone", _folder.FullName).RunAsync("obscure", device.Password);
        var configuration = Path.Combine(_folder.FullName, "rclone.conf");
        await File.WriteAllTextAsync(
            configuration,
            $"[remote]\ntype = webdav\nurl = {shared.Site.Address}{mount}\nvendor = {vendor}\nuser = {SiteClient.AdminEmail}\npass = {secret.Trim()}\n");
        return new InstalledProgram("rclone", _folder.FullName) { Environment = new Dictionary<string, string> { ["RCLONE_CONFIG"] = configuration } };
    }
}
