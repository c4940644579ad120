using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.EndToEnd.Sites;

namespace Cloudreve.EndToEnd.Triggers;

/// <summary>Where the host keeps how far each timer is.</summary>
internal static class Schedules
{
    /// <summary>Makes a timer look as though it had last been seen two days ago.</summary>
    public static async Task RewindAsync(Site site, string function)
    {
        var schedule = await ReadAsync(site, function);
        foreach (var moment in (string[])["LastUpdated", "Next"])
            schedule[moment] = JsonValue.Create(TimeProvider.System.GetUtcNow().AddDays(-2));
        await Container(site).WriteAsync(NameOf(site, function), BinaryData.FromString(schedule.ToJsonString()));
    }

    /// <summary>The next tick of a timer.</summary>
    public static async Task<DateTimeOffset> ReadNextAsync(Site site, string function) =>
        (await ReadAsync(site, function))["Next"]!.GetValue<DateTimeOffset>();

    private static async Task<JsonObject> ReadAsync(Site site, string function)
    {
        var content = await Container(site).ReadAsync(NameOf(site, function)) ?? throw new InvalidOperationException($"{function} has no schedule.");
        return JsonSerializer.Deserialize<JsonObject>(content)!;
    }

    private static AzureStorage.Blobs.BlobContainer Container(Site site) => site.Storage.Container("azure-webjobs-hosts");

    private static string NameOf(Site site, string function) => $"timers/{site.Prefix}/Host.Functions.{function}/status";
}
