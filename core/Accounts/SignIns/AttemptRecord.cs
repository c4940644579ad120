using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>Failures from the first one on.</summary>
/// <param name="Count">Their number.</param>
/// <param name="Since">The time of the first one.</param>
internal sealed record AttemptWindow(int Count, DateTimeOffset Since);

/// <summary>Known attempts on one secret. Its size is bounded, so that it fits into one property of a row.</summary>
internal sealed record AttemptRecord
{
    /// <summary>Maximum number of addresses that are tracked; beyond it the one that began first is forgotten.</summary>
    public const int MaxAddresses = 100;

    /// <summary>Maximum number of addresses that are remembered for a success; beyond it the least recently used one is forgotten.</summary>
    public const int MaxTrusted = 20;

    private const string Property = "attempts";

    /// <summary>Failures by address.</summary>
    public IReadOnlyDictionary<string, AttemptWindow> Addresses { get; init; } = new Dictionary<string, AttemptWindow>();

    /// <summary>Failures of all addresses that are not trusted.</summary>
    public AttemptWindow? Total { get; init; }

    /// <summary>Failures of clients that had solved a captcha.</summary>
    public AttemptWindow? Solved { get; init; }

    /// <summary>The time before which only trusted addresses may try.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Addresses of successes, with the time of the last one.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Trusted { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>Reads a row.</summary>
    /// <param name="row">The row; null when there is none.</param>
    public static AttemptRecord Read(Row? row) =>
        row?.Text(Property) is { } text ? JsonSerializer.Deserialize(text, AttemptJson.Default.AttemptRecord) ?? new AttemptRecord() : new AttemptRecord();

    /// <summary>The row of this record.</summary>
    /// <param name="partition">The row's partition.</param>
    /// <param name="expires">From when on the row may be swept.</param>
    public Row Describe(string partition, string rowKey, DateTimeOffset expires) => new(partition, rowKey)
    {
        [Property] = JsonSerializer.Serialize(this, AttemptJson.Default.AttemptRecord),
        [SessionSweep.ExpiresAt] = expires,
    };
}

/// <summary>JSON inside rows of attempts.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AttemptRecord))]
internal sealed partial class AttemptJson : JsonSerializerContext;
