using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Cloudreve.Dev.Linting;
using Cloudreve.Dev.Publishing;
using Cloudreve.Dev.Running;
using Cloudreve.Dev.Testing;

namespace Cloudreve.Dev;

/// <summary>The commands of <c>./dev</c>. Each command declares its own options, and its help is generated from them.</summary>
internal sealed class CommandLine
{
    // A file named @name is an argument like any other, and -o is no bundle of letters.
    private static readonly ParserConfiguration s_configuration = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private readonly Command _root;

    /// <summary>Declares the commands.</summary>
    /// <param name="repository">The working tree that they work on.</param>
    public CommandLine(Repository repository) =>
        _root = new Command(OperatingSystem.IsWindows() ? "dev" : "./dev", "The developer commands of Cloudreve.Functions.")
        {
            new HelpOption(),
            RunCommand.Create(repository),
            TestCommand.Create(repository),
            BenchCommand.Create(repository),
            CrashCommand.Create(repository),
            PublishCommand.Create(repository),
            LintCommand.Create(repository),
        };

    /// <summary>Understands a command line without running it.</summary>
    /// <param name="args">The words behind <c>./dev</c>; <c>help</c> in front of the rest asks for help about it.</param>
    public ParseResult Parse(string[] args) =>
        _root.Parse(args is ["help", .. var rest] ? [.. rest, "--help"] : args, s_configuration);

    /// <summary>Runs the command that is named.</summary>
    /// <param name="args">The words behind <c>./dev</c>.</param>
    /// <param name="output">Receives help that was asked for.</param>
    /// <param name="error">Receives what is wrong with the words.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>The command's exit code; 2 when none is named, 1 when its words are not understood.</returns>
    public Task<int> InvokeAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var parsed = Parse(args);
        // Signals and failures are Program's business.
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = error };
        return parsed.Action is ParseErrorAction refusal
            ? RefuseAsync(parsed, refusal, invocation, cancellationToken)
            : parsed.InvokeAsync(invocation, cancellationToken);
    }

    private async Task<int> RefuseAsync(ParseResult parsed, ParseErrorAction refusal, InvocationConfiguration invocation, CancellationToken cancellationToken)
    {
        invocation.Output = invocation.Error;
        var isCommandUnknown = parsed.CommandResult.Command == _root;
        refusal.ShowHelp = isCommandUnknown;
        await parsed.InvokeAsync(invocation, cancellationToken);
        if (isCommandUnknown)
            return 2;
        await invocation.Error.WriteLineAsync($"'{_root.Name} {parsed.CommandResult.Command.Name} --help' shows what there is.");
        return 1;
    }
}
