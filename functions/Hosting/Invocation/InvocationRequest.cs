using System.Text.Json;

namespace Cloudreve.Functions.Hosting.Invocation;

/// <summary>One invocation of a trigger function.</summary>
internal sealed class InvocationRequest
{
    private readonly InvocationPayload _payload;

    private InvocationRequest(string invocationId, InvocationPayload payload)
    {
        InvocationId = invocationId;
        _payload = payload;
    }

    /// <summary>The host's id of the invocation.</summary>
    public string InvocationId { get; }

    /// <summary>Reads a payload.</summary>
    /// <param name="invocationId">The host's id of the invocation.</param>
    /// <param name="utf8">The JSON text.</param>
    /// <exception cref="InvocationFormatException">The text is no payload.</exception>
    public static InvocationRequest Parse(string invocationId, ReadOnlySpan<byte> utf8)
    {
        try
        {
            var payload = JsonSerializer.Deserialize(utf8, InvocationJson.Default.InvocationPayload);
            return new InvocationRequest(invocationId, payload ?? throw new InvocationFormatException("The payload is null."));
        }
        catch (JsonException e)
        {
            throw new InvocationFormatException("The payload is not JSON.", e);
        }
    }

    /// <summary>A value that the host passes as a string: it is JSON-encoded once more than its JSON says.</summary>
    /// <param name="name">The binding's name.</param>
    /// <exception cref="InvocationFormatException">The payload lacks it, or it is no encoded string.</exception>
    public string Text(string name) => OptionalText(name) ?? throw new InvocationFormatException($"The value '{name}' is null.");

    /// <summary>A value that the host passes as a string, or as null where there is none.</summary>
    /// <param name="name">The binding's name.</param>
    /// <exception cref="InvocationFormatException">The payload lacks it, or it is no encoded string.</exception>
    public string? OptionalText(string name)
    {
        try
        {
            return JsonSerializer.Deserialize(RawText(name), InvocationJson.Default.String);
        }
        catch (JsonException e)
        {
            throw new InvocationFormatException($"The value '{name}' is not encoded as a JSON string.", e);
        }
    }

    /// <summary>A base64 value that is a JSON-encoded string, as orchestration triggers carry it.</summary>
    /// <param name="name">The binding's name.</param>
    /// <exception cref="InvocationFormatException">The payload lacks it, or it is no encoded base64.</exception>
    public byte[] QuotedBytes(string name) => Base64(name, Text(name));

    /// <summary>A base64 value that is not encoded again, as blob triggers carry it.</summary>
    /// <param name="name">The binding's name.</param>
    /// <exception cref="InvocationFormatException">The payload lacks it, or it is no base64.</exception>
    public byte[] Bytes(string name) => Base64(name, RawText(name));

    /// <summary>A value that the host passes as an object, such as a timer's state.</summary>
    /// <param name="name">The binding's name.</param>
    /// <exception cref="InvocationFormatException">The payload lacks it, or it is no object.</exception>
    public JsonElement Object(string name) =>
        Value(name) is { ValueKind: JsonValueKind.Object } value ? value : throw new InvocationFormatException($"The value '{name}' is no object.");

    /// <summary>A piece of metadata as text, however often the host encoded it; null when absent.</summary>
    /// <param name="name">Its name.</param>
    public string? Metadata(string name)
    {
        if (_payload.Metadata is null || !_payload.Metadata.TryGetValue(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return value.GetRawText();
        var text = value.GetString()!;
        if (!text.StartsWith('"'))
            return text;
        try
        {
            return JsonSerializer.Deserialize(text, InvocationJson.Default.String);
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static byte[] Base64(string name, string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException e)
        {
            throw new InvocationFormatException($"The value '{name}' is not base64.", e);
        }
    }

    private string RawText(string name) =>
        Value(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw new InvocationFormatException($"The value '{name}' is no string.");

    private JsonElement Value(string name) =>
        _payload.Data is not null && _payload.Data.TryGetValue(name, out var value) ? value : throw new InvocationFormatException($"The payload has no value '{name}'.");
}

/// <summary>A payload that breaks the host's contract. It fails the invocation for good.</summary>
internal sealed class InvocationFormatException(string message, Exception? inner = null) : Exception(message, inner);
