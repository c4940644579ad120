using Cloudreve.DurableTask;
using Cloudreve.DurableTask.Grpc;

namespace Cloudreve.Functions.Hosting;

/// <summary>Gives the client of the task hub that a durableClient input binding names.</summary>
/// <param name="binding">The binding's value, JSON.</param>
/// <exception cref="FormatException">The value is not understood.</exception>
internal delegate DurableTaskClient TaskHubConnector(string binding);

/// <summary>The connection to the task hub of the Functions host, kept from one invocation to the next.</summary>
/// <param name="registry">Where the serialiser is taken from.</param>
internal sealed class HostTaskHub(DurableTaskRegistry registry) : IDisposable
{
    private readonly Lock _lock = new();
    private GrpcDurableTaskClient? _client;
    private DurableClientBinding? _binding;

    /// <summary>The client for a binding's value.</summary>
    /// <param name="binding">The value.</param>
    /// <exception cref="FormatException">The value is not understood.</exception>
    public DurableTaskClient Connect(string binding)
    {
        var wanted = DurableClientBinding.Parse(binding);
        lock (_lock)
        {
            if (_client is null || _binding?.RpcBaseUrl != wanted.RpcBaseUrl || _binding.TaskHubName != wanted.TaskHubName)
            {
                // A host has one hub at one address. Should it move nevertheless, calls under way end with the old connection and are tried again.
                _client?.Dispose();
                (_client, _binding) = (new GrpcDurableTaskClient(wanted, registry), wanted);
            }
            return _client;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client?.Dispose();
}
