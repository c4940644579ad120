using Cloudreve.Dev;
using Cloudreve.Dev.Processes;
using Cloudreve.Tools;

if (args is [Guardian.Command])
    return await Guardian.WatchAsync();

using var stopped = new StopSignals();

try
{
    return await new CommandLine(Repository.Find()).InvokeAsync(args, Console.Out, Console.Error, stopped.Token);
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
