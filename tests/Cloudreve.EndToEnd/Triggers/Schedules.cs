using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.EndToEnd.Sites;

namespace Cloudreve.EndToEnd.Triggers;

/// <summary>The location where the host stores the state of each timer.</summary>
internal static class Schedules
{
    /// <summary>Makes a timer look as though it had last been seen two days ago.</summary>
    public static async Task RewindAsync(Site site, string function)
    {
        var schedule = await FindAsync(site, function) ?? throw new InvalidOperationException($"{function} has no schedule.");
        foreach (var moment in (string[])["LastUpdated", "Next"])
            schedule[moment] = JsonValue.Create(TimeProvider.System.GetUtcNow().AddDays(-2));
        await Container(site).WriteAsync(NameOf(site, function), BinaryData.FromString(schedule.ToJsonString()));
    }

    /// <summary>The next tick of a timer; null while the host has not recorded one.</summary>
    public static async Task<DateTimeOffset?> FindNextAsync(Site site, string function) =>
        (await FindAsync(site, function))?["Next"]!.GetValue<DateTimeOffset>();

    private static async Task<JsonObject?> FindAsync(Site site, string function) =>
        await Container(site).ReadAsync(NameOf(site, function)) is { } content ? JsonSerializer.Deserialize<JsonObject>(content) : null;

    private static AzureStorage.Blobs.BlobContainer Container(Site site) => site.Storage.Container("azure-webjobs-hosts");

    private static string NameOf(Site site, string function) => $"timers/{site.Prefix}/Host.Functions.{function}/status";
}
