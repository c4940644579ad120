using Microsoft.DurableTask.Protobuf;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>The form in which the worker's extension reports failures.</summary>
internal static class FailureForm
{
    public static TaskFailureDetails? Describe(Exception? e) => e is null ? null : new TaskFailureDetails
    {
        ErrorType = e.GetType().FullName,
        ErrorMessage = e.Message,
        StackTrace = e.StackTrace,
        InnerFailure = Describe(e.InnerException),
    };
}
