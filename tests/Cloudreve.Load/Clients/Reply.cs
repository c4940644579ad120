using System.Text.Json;

namespace Cloudreve.Load.Clients;

/// <summary>A client's knowledge after a request.</summary>
internal enum ReplyKind
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>It was refused, and has changed nothing.</summary>
    Refused,

    /// <summary>No answer, or one that leaves open what has happened.</summary>
    Unknown,
}

/// <summary>A response, or the failure instead of one.</summary>
/// <param name="Kind">The client's knowledge.</param>
/// <param name="Code">The API's code; 0 when there is none.</param>
/// <param name="Result">A word for reports.</param>
/// <param name="Data">The payload.</param>
internal readonly record struct Reply(ReplyKind Kind, int Code, string Result, JsonElement Data)
{
    public bool IsDone => Kind == ReplyKind.Done;

    /// <summary>Reads an envelope.</summary>
    public static Reply Of(JsonElement envelope)
    {
        var code = envelope.GetProperty("code").GetInt32();
        var codes = envelope.TryGetProperty("aggregated_error", out var errors) && errors.ValueKind == JsonValueKind.Object
            ? [.. errors.EnumerateObject().Select(error => error.Value.GetProperty("code").GetInt32())]
            : (int[])[code];
        var worst = codes.Any(IsOpen) ? codes.First(IsOpen) : codes.FirstOrDefault(code);
        var kind = code == 0 ? ReplyKind.Done : IsOpen(worst) ? ReplyKind.Unknown : ReplyKind.Refused;
        return new Reply(kind, worst, worst.ToString(System.Globalization.CultureInfo.InvariantCulture), envelope.TryGetProperty("data", out var data) ? data : default);
    }

    /// <summary>No answer.</summary>
    public static Reply Lost(string result) => new(ReplyKind.Unknown, 0, result, default);

    // Storage failed in the middle, or the outcome is unknown.
    private static bool IsOpen(int code) => code is -1 or >= 50001;
}
