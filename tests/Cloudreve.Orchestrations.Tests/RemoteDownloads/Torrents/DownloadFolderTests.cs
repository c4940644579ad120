using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Drive.Tree;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>What is read of a downloader's folder, and where it goes.</summary>
public sealed class DownloadFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("folder").FullName;

    private string Folder => Path.Combine(_root, "download");

    public DownloadFolderTests()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(_root, "secret"), "abc");
        File.WriteAllText(Path.Combine(Folder, "file"), "abc");
        File.CreateSymbolicLink(Path.Combine(Folder, "link"), Path.Combine(_root, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(Folder, "up"), _root);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("file", true)]
    [InlineData("./file", true)]
    [InlineData("none", false)]
    [InlineData("link", false)]
    [InlineData("up/secret", false)]
    [InlineData("../secret", false)]
    [InlineData("/etc/hostname", false)]
    public void Given_a_name_when_its_file_is_looked_for_then_only_one_inside_is_found(string name, bool isFound) =>
        Assert.Equal(isFound, DownloadFolder.Find(Folder, new DownloadedFile(0, name, 3, 3)) is not null);

    [Fact]
    public void Given_a_folder_with_links_when_it_is_deleted_then_what_they_lead_to_stays()
    {
        DownloadFolder.Delete(Folder);

        Assert.False(Directory.Exists(Folder));
        Assert.True(File.Exists(Path.Combine(_root, "secret")));
    }

    [Fact]
    public void Given_hostile_and_equal_names_when_paths_are_made_then_they_stay_below_the_destination_and_differ()
    {
        string[] names = ["../../a", "/etc/passwd", "..\\b", "x:y", "x*y", "./."];

        var paths = TorrentPaths.Of(FilePath.ParsePlain("/out"), [.. names.Select((name, i) => new DownloadedFile(i, name, 1, 1))]);

        Assert.Equal(
            ["/out/download/download/a", "/out/etc/passwd", "/out/.._b", "/out/x_y", "/out/4 x_y"], paths.Values.Select(path => path.ToString()));
    }
}
