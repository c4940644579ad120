using Cloudreve.Dev.Linting;
using Cloudreve.Dev.Processes;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class LintingTests : IAsyncLifetime
{
    private readonly Repository _repository = new(Directory.CreateTempSubdirectory("repository").FullName);

    public async ValueTask InitializeAsync()
    {
        await GitAsync("init", "-q");
        Write("Committed.cs", "// T" + "ODO");
        Write("package-lock.json", "{}");
        await GitAsync("add", "-A");
        await GitAsync("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "first");
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_repository.Root, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task RepositoryRules_Everything_NamesFileAndLine() =>
        Assert.Equal(["Committed.cs:1: 'T" + "ODO'"], await FindAsync(LintScope.Everything));

    [Theory]
    [InlineData("Fine.cs", "class Fine;", null)]
    [InlineData("PathHelpers.cs", "", "PathHelpers.cs: 'Helpers' says nothing; name the file after what it does")]
    [InlineData("Late.cs", "// F" + "IXME", "Late.cs:1: 'F" + "IXME'")]
    [InlineData("notes.md", "see /ho" + "me/jane", "notes.md:1: a path of one machine: '/ho" + "me/jane'")]
    public async Task RepositoryRules_Staged_LooksAtTheNextCommitAlone(string file, string text, string? problem)
    {
        Write(file, text);
        Write("Unstaged.cs", "// T" + "ODO");
        await GitAsync("add", file);

        var scope = await LintScope.StagedAsync(_repository, TestContext.Current.CancellationToken);

        Assert.Equal(problem is null ? [] : [problem], await FindAsync(scope));
    }

    [Fact]
    public async Task RepositoryRules_LongFile_AsksToSplitIt()
    {
        Write("Long.cs", string.Join('\n', Enumerable.Repeat("//", 501)));
        await GitAsync("add", "Long.cs");

        var scope = await LintScope.StagedAsync(_repository, TestContext.Current.CancellationToken);

        Assert.Equal(["Long.cs: 501 lines; split it (at most 500)"], await FindAsync(scope));
    }

    [Fact]
    public async Task StagedScope_FilesOfOneFolder_TouchesThatFolder()
    {
        Directory.CreateDirectory(_repository.Path("infra"));
        Write("infra/main.bicep", "");
        await GitAsync("add", "-A");

        var scope = await LintScope.StagedAsync(_repository, TestContext.Current.CancellationToken);

        Assert.True(scope.Touches("infra/"));
        Assert.False(scope.Touches("core/"));
    }

    private void Write(string file, string text) => File.WriteAllText(_repository.Path(file), text);

    private Task<IReadOnlyList<string>> FindAsync(LintScope scope) => RepositoryRules.RunAsync(_repository, scope, TestContext.Current.CancellationToken);

    private async Task GitAsync(params string[] arguments) =>
        _ = await Executable.ReadAsync("git", arguments, _repository.Root, TestContext.Current.CancellationToken);
}
