using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// The amounts of a budget that an area's networks have spent since a window began. A row holds the networks of one area, so its size is bounded
/// by what they may spend together.
/// </summary>
/// <param name="Since">The time the window began.</param>
/// <param name="Total">The sum that all of them have spent.</param>
/// <param name="Networks">The amount that each has spent.</param>
internal sealed record BudgetRecord(DateTimeOffset Since, int Total, IReadOnlyDictionary<string, int> Networks)
{
    // More are counted in the total alone: a row that an operator's large limit let grow must still fit into its property.
    private const int MaxNetworks = 500;

    private const string Property = "spent";
    private const string PartitionPrefix = "c-";

    /// <summary>Finds the rows that have expired among those of all clients.</summary>
    public const string PartitionCondition = "PartitionKey ge 'c-' and PartitionKey lt 'c.'";

    /// <summary>The partition of an area. Its key may hold characters that keys of rows may not.</summary>
    public static string PartitionOf(ClientAddress client) =>
        PartitionPrefix + client.Area.Replace('/', '_').Replace('+', '-').Replace('?', '.');

    /// <summary>A window in which nothing has been spent yet.</summary>
    public static BudgetRecord Begin(DateTimeOffset now) => new(now, 0, new Dictionary<string, int>());

    /// <summary>Reads a row.</summary>
    public static BudgetRecord? Read(Row row) =>
        row.Text(Property) is { } text ? JsonSerializer.Deserialize(text, BudgetJson.Default.BudgetRecord) : null;

    /// <summary>The amount that a client has spent.</summary>
    public int CountOf(ClientAddress client) => Networks.GetValueOrDefault(client.Key);

    /// <summary>The record after a client was charged or refunded.</summary>
    /// <param name="count">The amount; negative for a refund.</param>
    public BudgetRecord Add(ClientAddress client, int count)
    {
        var networks = new Dictionary<string, int>(Networks, StringComparer.Ordinal);
        if (networks.Count < MaxNetworks || networks.ContainsKey(client.Key))
            networks[client.Key] = Math.Max(0, CountOf(client) + count);
        return this with { Total = Math.Max(0, Total + count), Networks = networks };
    }

    /// <summary>The row of this record.</summary>
    /// <param name="client">A client of the area.</param>
    public Row Describe(ClientAddress client, BudgetLimit limit) => new(PartitionOf(client), limit.RowKey)
    {
        [Property] = JsonSerializer.Serialize(this, BudgetJson.Default.BudgetRecord),
        [SessionSweep.ExpiresAt] = Since + limit.Window,
    };
}

/// <summary>JSON inside rows of budgets.</summary>
[JsonSerializable(typeof(BudgetRecord))]
internal sealed partial class BudgetJson : JsonSerializerContext;
