using Cloudreve.Dev;
using Cloudreve.Dev.Linting;
using Cloudreve.Dev.Processes;
using Cloudreve.Dev.Publishing;
using Cloudreve.Dev.Running;
using Cloudreve.Dev.Testing;
using Cloudreve.Tools;

const string Usage = """
    usage: ./dev <command>

      run [--port N] [--demo]   start the app with its storage; --demo imports a small tree of files,
          [--front-end DIR]     --front-end serves a built web front end beside the API,
          [--core-tools]        --core-tools runs it under 'func start' instead of the repository's own host
      test [NAME ...]           run all tests, or those of the projects whose names contain NAME
      bench [ARGUMENT ...]      run the benchmarks
      crash [--kills N] [--files N] [--seed N] [--publish DIR]
                                kill the host and the worker again and again while they import, and check that the
                                result is exact
      publish [-o DIR] [--runtime RID]
                                write what Azure takes and 'func start' runs (default: artifacts/publish, linux-x64)
      lint                      check formatting, repository rules and the Bicep files
    """;

if (args is [Guardian.Command])
    return await Guardian.WatchAsync();

using var stopped = new StopSignals();

try
{
    var repository = Repository.Find();
    return args switch
    {
        ["run", .. var rest] => await RunCommand.RunAsync(repository, Arguments.Parse(rest, values: ["--port", "--front-end"], switches: ["--demo", "--core-tools"]), stopped.Token),
        ["test", .. var names] => await TestCommand.RunAsync(repository, names, stopped.Token),
        ["bench", .. var rest] => await BenchCommand.RunAsync(repository, rest, stopped.Token),
        ["crash", .. var rest] => await CrashCommand.RunAsync(repository, Arguments.Parse(rest, values: ["--kills", "--files", "--seed", "--publish"], switches: []), stopped.Token),
        ["publish", .. var rest] => await PublishCommand.RunAsync(repository, Arguments.Parse(rest, values: ["-o", "--runtime"], switches: []), stopped.Token),
        ["lint"] => await LintCommand.RunAsync(repository, stopped.Token),
        _ => ShowUsage(args),
    };
}
catch (CommandException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
catch (OperationCanceledException) when (stopped.Token.IsCancellationRequested)
{
    return StopSignals.ForcedCode;
}

static int ShowUsage(string[] args)
{
    var asked = args is ["help" or "-h" or "--help"];
    (asked ? Console.Out : Console.Error).WriteLine(Usage);
    return asked ? 0 : 2;
}
