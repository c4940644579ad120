using Cloudreve.LocalHost.Protocol;

namespace Cloudreve.LocalHost.Workers;

/// <summary>A function threw; the message has the form in which the durable extension reads type and stack of the original.</summary>
internal sealed class FunctionFailedException(StatusResult status)
    : Exception($"Result: {Text(status)}\nException: {status.Exception?.Message}\nStack: {status.Exception?.StackTrace}")
{
    private static string Text(StatusResult status) =>
        status.Status == StatusResult.Types.Status.Cancelled ? "Cancelled" : "Failure";
}
