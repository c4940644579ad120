using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Cloudreve.DurableTask.Serialization;

/// <summary>Turns inputs, results and events into JSON text and back, by source-generated metadata only.</summary>
internal sealed class JsonPayload
{
    private readonly JsonSerializerOptions _options;

    public JsonPayload(JsonSerializerOptions? options)
    {
        _options = options is null ? new JsonSerializerOptions() : new JsonSerializerOptions(options);
        // An option object without a resolver would fall back to reflection, which a trimmed binary does not have.
        _options.TypeInfoResolver = JsonTypeInfoResolver.Combine(options?.TypeInfoResolver, PrimitiveJsonContext.Default);
        _options.MakeReadOnly();
    }

    public string Serialize(object? value) => value is null ? "null" : JsonSerializer.Serialize(value, _options.GetTypeInfo(value.GetType()));

    public string Serialize<T>(T value) =>
        value is null ? "null" : JsonSerializer.Serialize(value, (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T)));

    public T? Deserialize<T>(string? json)
    {
        if (string.IsNullOrEmpty(json) || typeof(T) == typeof(TaskOrchestrationContext.Unread))
            return default;
        return JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T)));
    }
}

/// <summary>Types that every orchestration may pass without registering them.</summary>
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(byte))]
[JsonSerializable(typeof(short))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(uint))]
[JsonSerializable(typeof(ulong))]
[JsonSerializable(typeof(float))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(decimal))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(long?))]
[JsonSerializable(typeof(bool?))]
[JsonSerializable(typeof(double?))]
[JsonSerializable(typeof(char))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Guid))]
[JsonSerializable(typeof(DateTime))]
[JsonSerializable(typeof(DateTimeOffset))]
[JsonSerializable(typeof(TimeSpan))]
[JsonSerializable(typeof(Uri))]
[JsonSerializable(typeof(byte[]))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(long[]))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(object))]
internal sealed partial class PrimitiveJsonContext : JsonSerializerContext;
