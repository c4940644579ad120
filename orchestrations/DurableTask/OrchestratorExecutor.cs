using Cloudreve.DurableTask.Protocol;
using Cloudreve.DurableTask.Replay;
using Google.Protobuf;

namespace Cloudreve.DurableTask;

/// <summary>
/// Runs orchestrators for a host: under a Functions host and in the embedded task hub alike. It keeps no state: each request
/// brings the whole history.
/// </summary>
/// <param name="registry">The orchestrators.</param>
public sealed class OrchestratorExecutor(DurableTaskRegistry registry)
{
    /// <summary>
    /// Replays an instance and answers what it wants done next. All faults of its code (an exception, a deviation from the
    /// history, an unknown name) are answers: the instance then completes as failed, with details.
    /// </summary>
    /// <param name="request">An <c>OrchestratorRequest</c> of the public protocol.</param>
    /// <returns>The <c>OrchestratorResponse</c>.</returns>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no such request.</exception>
    public Task<byte[]> ExecuteAsync(byte[] request)
    {
        var message = OrchestratorRequest.Parser.ParseFrom(request);
        return Task.FromResult(Execute(message).ToByteArray());
    }

    internal OrchestratorResponse Execute(OrchestratorRequest request) =>
        new OrchestratorReplay(registry, request.InstanceId).Run(request.PastEvents, request.NewEvents);
}
