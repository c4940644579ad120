using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>Asks the durable extension for the data that a durable client binding receives: the address of its gRPC server and more.</summary>
public static class DurableClientInput
{
    /// <summary>A job that only returns its bound value.</summary>
    /// <param name="client">The extension's description of itself, in JSON.</param>
    /// <param name="receiver">Takes the description.</param>
    [NoAutomaticTrigger]
#pragma warning disable DF0203 // The extension gives strings to workers in other processes.
    public static void Read([DurableClient] string client, TaskCompletionSource<string> receiver) => receiver.TrySetResult(client);
#pragma warning restore DF0203
}
