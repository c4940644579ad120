using System.Globalization;
using Spectre.Console;

namespace Cloudreve.Dev.Demo;

/// <summary>Shows how far an import is: as a bar on a terminal, as a line for each state elsewhere.</summary>
/// <param name="console">The console that shows it.</param>
/// <param name="total">The number of files, known from the start: the bar never jumps back.</param>
internal sealed class ImportProgress(IAnsiConsole console, int total)
{
    /// <summary>Receives a state: what goes on, and how many files are done.</summary>
    public delegate void Report(string status, long done);

    /// <summary>Shows the states that the work reports, until it ends.</summary>
    public Task ShowAsync(Func<Report, Task> work) =>
        console.Profile.Capabilities is { Ansi: true, Interactive: true } ? ShowBarAsync(work) : ShowLinesAsync(work);

    private Task ShowBarAsync(Func<Report, Task> work) =>
        console.Progress().Columns(new ProgressBarColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }).StartAsync(async progress =>
        {
            var bar = progress.AddTask("Demo", maxValue: total);
            await work((status, done) =>
            {
                bar.Description = Markup.Escape(Describe(status, done));
                bar.Value = done;
            });
        });

    private Task ShowLinesAsync(Func<Report, Task> work)
    {
        var shown = "";
        return work((status, done) =>
        {
            var line = Describe(status, done);
            if (line != shown)
                console.WriteLine(line);
            shown = line;
        });
    }

    private string Describe(string status, long done) => string.Create(CultureInfo.InvariantCulture, $"{done} of {total} files, {status}");
}
