using System.CommandLine;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly CommandLine _commandLine = new(new Repository(Path.GetTempPath()));
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public void Parse_OptionsInAnyOrder_FindsEach()
    {
        var parsed = _commandLine.Parse(["run", "--demo", "--port", "8080"]);

        Assert.Empty(parsed.Errors);
        Assert.True(parsed.GetValue<bool>("--demo"));
        Assert.Equal(8080, parsed.GetValue<int>("--port"));
        Assert.Null(parsed.GetValue<string>("--front-end"));
    }

    [Theory]
    [InlineData("run --front-end build --core-tools")]
    [InlineData("test")]
    [InlineData("test Core Dev")]
    [InlineData("bench load --outages --seed 1")]
    [InlineData("crash --kills 5 --files 100 --seed 1 --publish artifacts/publish")]
    [InlineData("publish -o out --runtime win-x64")]
    [InlineData("lint")]
    [InlineData("lint --staged")]
    public void Parse_DocumentedWords_AreUnderstood(string words) => Assert.Empty(_commandLine.Parse(words.Split(' ')).Errors);

    [Fact]
    public void Parse_OptionsOfABenchmark_PassOnInOrder() =>
        Assert.Equal(["load", "--seed", "1", "--kills"], _commandLine.Parse(["bench", "load", "--seed", "1", "--kills"]).GetRequiredValue<string[]>("ARGUMENT"));

    [Theory]
    [InlineData("run --prot 8080", "--prot")]
    [InlineData("run --port", "--port")]
    [InlineData("run --port 65536", "--port needs a number from 1 to 65535.")]
    [InlineData("test --port", "'--port' is not an option of this command.")]
    [InlineData("crash --kills many", "--kills")]
    [InlineData("lint everything", "everything")]
    public async Task InvokeAsync_WordsThatACommandDoesNotKnow_NamesThemAndTheHelp(string words, string message)
    {
        Assert.Equal(1, await InvokeAsync(words));

        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
        Assert.Contains($" {words.Split(' ')[0]} --help' shows what there is.", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("tets")]
    [InlineData("--demo")]
    public async Task InvokeAsync_NoCommand_ShowsAllOfThemAsAnError(string words)
    {
        Assert.Equal(2, await InvokeAsync(words));

        Assert.Contains("publish", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("help", "run", "test", "bench", "crash", "publish", "lint")]
    [InlineData("-h", "run", "test", "bench", "crash", "publish", "lint")]
    [InlineData("--help", "run", "test", "bench", "crash", "publish", "lint")]
    [InlineData("help run", "--port <N>", "--demo", "--front-end <DIR>", "--core-tools")]
    [InlineData("run --help", "--port <N>", "--demo", "--front-end <DIR>", "--core-tools", "7071")]
    [InlineData("test --help", "NAME")]
    [InlineData("bench --help", "ARGUMENT")]
    [InlineData("crash --help", "--kills <N>", "--files <N>", "--seed <N>", "--publish <DIR>", "20", "3000")]
    [InlineData("publish --help", "-o <DIR>", "--runtime <RID>", "linux-x64")]
    [InlineData("lint --help", "--staged")]
    public async Task InvokeAsync_Help_NamesWhatThereIs(string words, params string[] names)
    {
        Assert.Equal(0, await InvokeAsync(words));

        Assert.All(names, name => Assert.Contains(name, _output.ToString(), StringComparison.Ordinal));
        Assert.Empty(_error.ToString());
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private Task<int> InvokeAsync(string words) =>
        _commandLine.InvokeAsync(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), _output, _error, TestContext.Current.CancellationToken);
}
