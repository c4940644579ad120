using Microsoft.Azure.Functions.Worker.Converters;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Binds a parameter to the JSON body. A body that is missing, malformed or not JSON is refused with 40001.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class JsonBodyAttribute() : InputConverterAttribute(typeof(JsonBodyConverter));
