using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Description;

/// <summary>
/// Writes the schemas of bodies and answers, as the serializer reads and writes them. Each record of the app becomes one component that
/// the others refer to.
/// </summary>
internal sealed class SchemaCatalog
{
    private const string Components = "#/components/schemas/";

    private static readonly NullabilityInfoContext s_nullability = new();

    private readonly SortedDictionary<string, JsonObject> _schemas = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, string> _names = [];

    /// <summary>Adds a component that no type describes.</summary>
    public void Add(string name, JsonObject schema) => _schemas.Add(name, schema);

    /// <summary>The schema of a type: a reference to a component for records of the app.</summary>
    public JsonNode Of(Type type) => ApiJson.Options.GetJsonSchemaAsNode(
        type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform });

    /// <summary>A reference to a component.</summary>
    public static JsonObject Reference(string name) => new() { ["$ref"] = Components + name };

    /// <summary>All components by name.</summary>
    public JsonObject Write() => new(_schemas.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value.DeepClone())));

    private JsonObject Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (schema is not JsonObject described)
            return new JsonObject();
        WithoutNull(described);
        if (context.TypeInfo is not { Kind: JsonTypeInfoKind.Object } info || info.Type.Assembly != typeof(SchemaCatalog).Assembly)
            return described;
        var name = NameOf(info.Type);
        if (_schemas.TryAdd(name, described))
            Require(described, info);
        return Reference(name);
    }

    /// <summary>Values that are null are left out of answers and may be left out of bodies, so no schema needs to say null.</summary>
    private static void WithoutNull(JsonObject schema)
    {
        if (schema["type"] is not JsonArray types)
            return;
        var names = types.Select(type => type!.GetValue<string>()).Where(name => name != "null").ToList();
        schema["type"] = names is [var only] ? only : new JsonArray([.. names.Select(name => (JsonNode)name)]);
    }

    /// <summary>A property is always there unless its null is left out or, in bodies, has a default.</summary>
    private static void Require(JsonObject schema, JsonTypeInfo info)
    {
        var isBody = info.Type.Name.EndsWith("Request", StringComparison.Ordinal);
        string[] required = [.. info.Properties.Where(p => isBody ? p.IsRequired : IsAlwaysWritten(p)).Select(p => p.Name)];
        schema.Remove("required");
        if (required.Length > 0)
            schema["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
    }

    private static bool IsAlwaysWritten(JsonPropertyInfo property) =>
        property.AttributeProvider is not PropertyInfo declared
        || declared.GetCustomAttribute<JsonIgnoreAttribute>() switch
        {
            { Condition: JsonIgnoreCondition.Never } => true,
            { Condition: JsonIgnoreCondition.WhenWritingDefault } => false,
            _ => s_nullability.Create(declared).ReadState != NullabilityState.Nullable,
        };

    private string NameOf(Type type)
    {
        if (_names.TryGetValue(type, out var known))
            return known;
        var name = type.IsGenericType
            ? type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)] + "Of" + string.Concat(type.GenericTypeArguments.Select(NameOf))
            : type.Name;
        _names.Add(type, name);
        return name;
    }
}
