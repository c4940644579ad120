using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudreve.DurableTask.Grpc;

/// <summary>What a Functions host tells a function whose <c>durableClient</c> binding is an input: where its task hub is.</summary>
/// <param name="TaskHubName">The task hub.</param>
/// <param name="RpcBaseUrl">Address of the host's gRPC service, plaintext, on this machine.</param>
/// <param name="HttpBaseUrl">Address of the host's HTTP management API; null when it has none.</param>
/// <param name="RequiredQueryStringParameters">The key that the HTTP management API wants. A secret.</param>
public sealed record DurableClientBinding(
    [property: JsonRequired] string TaskHubName,
    [property: JsonRequired] Uri RpcBaseUrl,
    Uri? HttpBaseUrl = null,
    string? RequiredQueryStringParameters = null)
{
    /// <summary>Reads the binding's value.</summary>
    /// <param name="json">The value: a JSON object.</param>
    /// <exception cref="FormatException">It is none, or lacks the name of the hub or the address of the service.</exception>
    public static DurableClientBinding Parse(string json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, DurableClientBindingJson.Default.DurableClientBinding) is
                { TaskHubName.Length: > 0, RpcBaseUrl.IsAbsoluteUri: true } binding)
            {
                return binding;
            }
        }
        catch (JsonException e)
        {
            throw new FormatException("The durableClient binding is not understood.", e);
        }
        throw new FormatException("The durableClient binding names no task hub or no absolute address.");
    }

    /// <summary>Leaves the secret out.</summary>
    public override string ToString() => $"{TaskHubName} at {RpcBaseUrl}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DurableClientBinding))]
internal sealed partial class DurableClientBindingJson : JsonSerializerContext;
