using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace Cloudreve.Functions.Startup;

/// <summary>
/// Puts app settings into the bindings of triggers before the Functions host reads them: attributes hold constants, while the names
/// of queues and containers, and the source of blob events, are settings with defaults.
/// </summary>
internal sealed class TriggerSettings(AppSettings settings) : IFunctionMetadataTransformer
{
    /// <summary>The placeholder for <see cref="AppSettings.Prefix"/> in the bindings of triggers.</summary>
    public const string Prefix = "%CLOUDREVE_PREFIX%";

    /// <inheritdoc/>
    public string Name => "Cloudreve.TriggerSettings";

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        foreach (var bindings in original.Select(function => function.RawBindings).OfType<IList<string>>())
        {
            for (var i = 0; i < bindings.Count; i++)
            {
                bindings[i] = bindings[i]
                    .Replace(Prefix, settings.Prefix, StringComparison.Ordinal)
                    .Replace("\"EventGrid\"", $"\"{settings.BlobTriggerSource}\"", StringComparison.Ordinal);
            }
        }
    }
}
