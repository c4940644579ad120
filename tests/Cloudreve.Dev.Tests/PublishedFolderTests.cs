using Cloudreve.Dev.Publishing;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class PublishedFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cloudreve-publish");

    [Fact]
    public void Clear_FolderOfSomethingElse_LeavesItAlone()
    {
        Write("letter.txt");

        Assert.Throws<CommandException>(() => PublishedFolder.Clear(_folder.FullName));
        Assert.Equal(["letter.txt"], Names());
    }

    [Fact]
    public void Clear_PublishedFolder_EmptiesIt()
    {
        Write("host.json");
        Write("old.dll");

        PublishedFolder.Clear(_folder.FullName);

        Assert.Empty(Names());
    }

    [Fact]
    public void RemoveNeedless_SymbolsAndDocumentation_KeepsWhatTheHostReads()
    {
        foreach (var name in (string[])["host.json", "functions.metadata", "App.dll", "App.pdb", "App.xml", "App.deps.json"])
            Write(name);

        PublishedFolder.RemoveNeedless(_folder.FullName);

        Assert.Equal(["App.deps.json", "App.dll", "functions.metadata", "host.json"], Names());
    }

    [Fact]
    public void Describe_PublishedFolder_CountsFunctions()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "functions.metadata"), """[{ "name": "A" }, { "name": "B" }]""");

        Assert.StartsWith("2 functions, ", PublishedFolder.Describe(_folder.FullName), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string name) => File.WriteAllText(Path.Combine(_folder.FullName, name), "");

    private IEnumerable<string> Names() => _folder.EnumerateFiles().Select(file => file.Name).Order(StringComparer.Ordinal);
}
