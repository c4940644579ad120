using Azure.Data.Tables;

namespace Cloudreve.Benchmarks.Apps;

/// <summary>The row that the bare app reads.</summary>
internal static class BareRow
{
    /// <summary>The route of the function that reads it.</summary>
    public const string Path = "/row";

    /// <summary>Writes it where the bare app looks for it.</summary>
    public static async Task WriteAsync(string connectionString)
    {
        var table = new TableClient(connectionString, "bare");
        await table.CreateIfNotExistsAsync();
        await table.UpsertEntityAsync(new TableEntity("p", "r") { ["value"] = "one row" });
    }
}
