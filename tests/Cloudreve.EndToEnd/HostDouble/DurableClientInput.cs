using System.Text.Json.Nodes;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>What a durableClient input tells a function.</summary>
/// <param name="HubName">The task hub.</param>
/// <param name="Rpc">Where its gRPC service is.</param>
internal sealed record DurableClientInput(string HubName, Uri Rpc)
{
    /// <summary>The binding's value; in a payload it is a string.</summary>
    public string ToJson() => new JsonObject
    {
        ["taskHubName"] = HubName,
        ["requiredQueryStringParameters"] = "code=secret",
        ["httpBaseUrl"] = "http://127.0.0.1:1/runtime/webhooks/durabletask",
        ["rpcBaseUrl"] = Rpc.ToString(),
    }.ToJsonString();
}
