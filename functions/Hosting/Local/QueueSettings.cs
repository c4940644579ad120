using System.Globalization;
using System.Text.Json;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>How queues are read: the section <c>extensions.queues</c> of host.json, which a Functions host reads, too.</summary>
/// <param name="BatchSize">Messages received at a time.</param>
/// <param name="NewBatchThreshold">The next batch is received when no more than this many are in work.</param>
/// <param name="MaxDequeueCount">Attempts before a message goes to the poison queue.</param>
/// <param name="VisibilityTimeout">The pause before the next attempt at a message that failed.</param>
/// <param name="MaxPollingInterval">The longest pause between two looks into an empty queue.</param>
internal sealed record QueueSettings(int BatchSize, int NewBatchThreshold, int MaxDequeueCount, TimeSpan VisibilityTimeout, TimeSpan MaxPollingInterval)
{
    private const string Resource = "host.json";

    /// <summary>The settings of the app's own host.json, which is part of the executable.</summary>
    public static QueueSettings Current { get; } = Read();

    /// <summary>Reads a host.json; what it leaves out is as a Functions host has it.</summary>
    /// <param name="hostFile">The file's text.</param>
    public static QueueSettings Parse(JsonElement hostFile)
    {
        var queues = hostFile.TryGetProperty("extensions", out var extensions) && extensions.TryGetProperty("queues", out var section) ? section : default;
        var batchSize = Number(queues, "batchSize", 16);
        return new QueueSettings(
            batchSize,
            Number(queues, "newBatchThreshold", batchSize / 2),
            Number(queues, "maxDequeueCount", 5),
            Duration(queues, "visibilityTimeout", TimeSpan.Zero),
            Duration(queues, "maxPollingInterval", TimeSpan.FromMinutes(1)));
    }

    private static QueueSettings Read()
    {
        using var stream = typeof(QueueSettings).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException("The executable lacks its host.json.");
        using var document = JsonDocument.Parse(stream);
        return Parse(document.RootElement);
    }

    private static int Number(JsonElement section, string name, int otherwise) =>
        section.ValueKind == JsonValueKind.Object && section.TryGetProperty(name, out var value) ? value.GetInt32() : otherwise;

    private static TimeSpan Duration(JsonElement section, string name, TimeSpan otherwise) =>
        section.ValueKind == JsonValueKind.Object && section.TryGetProperty(name, out var value)
            ? TimeSpan.Parse(value.GetString()!, CultureInfo.InvariantCulture)
            : otherwise;
}
