using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudreve.DurableTask.Serialization;

/// <summary>
/// What an activity execution answers: always a JSON object with exactly one of two members, <c>result</c> or <c>failure</c>.
/// The user's own result is nested, so it can never be taken for a failure.
/// </summary>
/// <remarks>
/// A Functions host re-serialises an activity's return value and loses trailing zeros, offsets and big integers on the way.
/// A string survives. So the object travels as a string, and under such a host it arrives as a JSON string that holds JSON.
/// </remarks>
internal sealed record ActivityResult
{
    /// <summary>The user's result; absent after a failure.</summary>
    [JsonPropertyName("result")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Result { get; init; }

    /// <summary>Why the activity failed; absent after a success.</summary>
    [JsonPropertyName("failure")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ActivityFailure? Failure { get; init; }

    public static string Success(string resultJson) => $$"""{"result":{{resultJson}}}""";

    public static string Failed(TaskFailureDetails details) =>
        JsonSerializer.Serialize(new ActivityResult { Failure = ActivityFailure.From(details) }, ActivityResultJsonContext.Default.ActivityResult);

    /// <summary>Reads what arrived, as a string within JSON or as the object itself.</summary>
    /// <exception cref="JsonException">It is neither.</exception>
    public static ActivityResult Parse(string text)
    {
        if (text.AsSpan().TrimStart() is ['"', ..])
            text = JsonSerializer.Deserialize(text, ActivityResultJsonContext.Default.String)!;
        return JsonSerializer.Deserialize(text, ActivityResultJsonContext.Default.ActivityResult)
            ?? throw new JsonException("An activity answered null instead of a result.");
    }
}

/// <summary>The failure of an activity as it travels.</summary>
internal sealed record ActivityFailure(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("stack")] string? Stack,
    [property: JsonPropertyName("inner")] ActivityFailure? Inner,
    [property: JsonPropertyName("nonRetriable")] bool NonRetriable)
{
    public static ActivityFailure From(TaskFailureDetails details) =>
        new(details.ErrorType, details.ErrorMessage, details.StackTrace, details.InnerFailure is { } inner ? From(inner) : null, details.IsNonRetriable);

    public TaskFailureDetails ToDetails() => new(Type, Message, Stack, Inner?.ToDetails(), NonRetriable);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ActivityResult))]
[JsonSerializable(typeof(string))]
internal sealed partial class ActivityResultJsonContext : JsonSerializerContext;
