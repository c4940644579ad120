using System.Globalization;
using System.Text.Json;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>The part of <c>host.json</c> that the double honours; defaults are the host's own.</summary>
/// <param name="Executable">The handler: a file of the folder, or a command of the system.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="RoutePrefix">What the routes of HTTP functions start with.</param>
/// <param name="FunctionTimeout">How long an invocation may take.</param>
/// <param name="Queues">How queues are polled.</param>
/// <param name="TaskHubName">The name of the task hub.</param>
/// <param name="MaxActivities">Activities at a time.</param>
/// <param name="MaxOrchestrators">Turns of orchestrators at a time.</param>
internal sealed record HostConfiguration(
    string Executable,
    IReadOnlyList<string> Arguments,
    string RoutePrefix,
    TimeSpan FunctionTimeout,
    QueueOptions Queues,
    string TaskHubName,
    int MaxActivities,
    int MaxOrchestrators)
{
    /// <summary>Reads a <c>host.json</c>.</summary>
    /// <exception cref="InvalidDataException">A host would refuse it, or it asks for what the double does not speak.</exception>
    public static HostConfiguration Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.GetProperty("version").GetString() != "2.0")
            throw new InvalidDataException("host.json must be of version 2.0.");
        var handler = root.GetProperty("customHandler");
        // Without it every request would arrive as a JSON payload.
        if (Find(handler, "enableProxyingHttpRequest") is not { ValueKind: JsonValueKind.True })
            throw new InvalidDataException("The double speaks the proxying mode only: customHandler.enableProxyingHttpRequest must be true.");
        if (Find(root, "extensions", "durableTask", "extendedSessionsEnabled") is { ValueKind: JsonValueKind.True })
            throw new InvalidDataException("The host refuses to start a custom handler with extendedSessionsEnabled.");
        var description = handler.GetProperty("description");
        return new HostConfiguration(
            description.GetProperty("defaultExecutablePath").GetString()!,
            Find(description, "arguments") is { } arguments ? [.. arguments.EnumerateArray().Select(a => a.GetString()!)] : [],
            Find(root, "extensions", "http", "routePrefix")?.GetString() ?? "api",
            Duration(Find(root, "functionTimeout"), TimeSpan.FromMinutes(30)),
            QueueOptions.Of(Find(root, "extensions", "queues")),
            Find(root, "extensions", "durableTask", "hubName")?.GetString() ?? "TestHubName",
            Find(root, "extensions", "durableTask", "maxConcurrentActivityFunctions")?.GetInt32() ?? 10,
            Find(root, "extensions", "durableTask", "maxConcurrentOrchestratorFunctions")?.GetInt32() ?? 10);
    }

    internal static TimeSpan Duration(JsonElement? value, TimeSpan otherwise) =>
        value?.GetString() is { } text ? TimeSpan.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    internal static JsonElement? Find(JsonElement? element, params string[] path) =>
        path.Aggregate(element, (found, name) => found is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(name, out var value) ? value : null);
}

/// <summary>How queues are polled.</summary>
/// <param name="BatchSize">Messages received at a time.</param>
/// <param name="NewBatchThreshold">The next batch is received when no more than this many are in work.</param>
/// <param name="MaxDequeueCount">Attempts before a message goes to the poison queue.</param>
/// <param name="VisibilityTimeout">The pause before the next attempt.</param>
/// <param name="MaxPollingInterval">The longest pause between two looks into an empty queue.</param>
internal sealed record QueueOptions(int BatchSize, int NewBatchThreshold, int MaxDequeueCount, TimeSpan VisibilityTimeout, TimeSpan MaxPollingInterval)
{
    public static QueueOptions Of(JsonElement? section) => new(
        HostConfiguration.Find(section, "batchSize")?.GetInt32() ?? 16,
        HostConfiguration.Find(section, "newBatchThreshold")?.GetInt32() ?? 8,
        HostConfiguration.Find(section, "maxDequeueCount")?.GetInt32() ?? 5,
        HostConfiguration.Duration(HostConfiguration.Find(section, "visibilityTimeout"), TimeSpan.Zero),
        HostConfiguration.Duration(HostConfiguration.Find(section, "maxPollingInterval"), TimeSpan.FromMinutes(1)));
}
