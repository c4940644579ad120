using Cloudreve.Dev.Demo;
using Spectre.Console.Testing;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class ImportProgressTests : IDisposable
{
    private readonly TestConsole _console = new();

    [Fact]
    public async Task ShowAsync_NoTerminal_WritesEachStateOnce()
    {
        await ShowAsync(("queued", 0), ("queued", 0), ("processing", 120), ("completed", 200));

        Assert.Equal(["0 of 200 files, queued", "120 of 200 files, processing", "200 of 200 files, completed"], _console.Lines);
    }

    [Fact]
    public async Task ShowAsync_Terminal_DrawsABarOfTheKnownTotal()
    {
        _console.Profile.Capabilities.Ansi = true;
        _console.Profile.Capabilities.Unicode = true;
        _console.Interactive();

        await ShowAsync(("processing", 100));

        var bar = Assert.Single(_console.Lines, line => line.Contains('━', StringComparison.Ordinal) && line.Contains("100 of", StringComparison.Ordinal));
        Assert.EndsWith("100 of 200 files, processing", bar.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ShowAsync_WorkFails_Throws() =>
        await Assert.ThrowsAsync<CommandException>(() => new ImportProgress(_console, 200).ShowAsync(_ => throw new CommandException("The app ended.")));

    public void Dispose() => _console.Dispose();

    private Task ShowAsync(params (string Status, long Done)[] states) => new ImportProgress(_console, 200).ShowAsync(report =>
    {
        foreach (var (status, done) in states)
            report(status, done);
        return Task.CompletedTask;
    });
}
