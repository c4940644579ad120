using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Hosting.Bindings;

/// <summary>One binding of a function as <c>function.json</c> holds it. The record's type gives the binding's <c>type</c>.</summary>
/// <param name="Name">What the payload calls it.</param>
/// <param name="Direction"><c>in</c> or <c>out</c>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(HttpTrigger), "httpTrigger")]
[JsonDerivedType(typeof(HttpOutput), "http")]
[JsonDerivedType(typeof(QueueTrigger), "queueTrigger")]
[JsonDerivedType(typeof(QueueOutput), "queue")]
[JsonDerivedType(typeof(TimerTrigger), "timerTrigger")]
[JsonDerivedType(typeof(BlobTrigger), "blobTrigger")]
[JsonDerivedType(typeof(ActivityTrigger), "activityTrigger")]
[JsonDerivedType(typeof(OrchestrationTrigger), "orchestrationTrigger")]
[JsonDerivedType(typeof(DurableClient), "durableClient")]
internal abstract record FunctionBinding(string Name, string Direction)
{
    /// <summary>The app setting that names the storage account of queue and blob bindings.</summary>
    public const string StorageConnection = "AzureWebJobsStorage";

    /// <summary>The direction of inputs and triggers.</summary>
    public const string In = "in";

    /// <summary>The direction of outputs.</summary>
    public const string Out = "out";
}

/// <summary>An HTTP request that the host passes on as it is.</summary>
/// <param name="Route">The route template without leading slash.</param>
/// <param name="Methods">Lower-case methods; an unlisted one answers 404.</param>
internal sealed record HttpTrigger(string Route, IReadOnlyList<string> Methods) : FunctionBinding("request", In)
{
    /// <summary>The app authorises every request itself: the host's keys are not used.</summary>
    public string AuthLevel { get; } = "anonymous";
}

/// <summary>The answer of an HTTP function.</summary>
internal sealed record HttpOutput() : FunctionBinding("response", Out);

/// <summary>A message of a storage queue.</summary>
/// <param name="Name">What the payload calls it.</param>
/// <param name="QueueName">The queue.</param>
internal sealed record QueueTrigger(string Name, string QueueName) : FunctionBinding(Name, In)
{
    /// <summary>Where the queue is.</summary>
    public string Connection { get; } = StorageConnection;
}

/// <summary>A message to send to a storage queue.</summary>
/// <param name="Name">What the answer calls it.</param>
/// <param name="QueueName">The queue.</param>
internal sealed record QueueOutput(string Name, string QueueName) : FunctionBinding(Name, Out)
{
    /// <summary>Where the queue is.</summary>
    public string Connection { get; } = StorageConnection;
}

/// <summary>A schedule.</summary>
/// <param name="Name">What the payload calls it.</param>
/// <param name="Schedule">An NCRONTAB expression with six fields, seconds first, in UTC.</param>
internal sealed record TimerTrigger(string Name, string Schedule) : FunctionBinding(Name, In);

/// <summary>A blob's whole content, pushed by the host: only for containers whose blobs are known to be small.</summary>
/// <param name="Name">What the payload calls it.</param>
/// <param name="Path">Container and name pattern, for example <c>imports/{name}</c>.</param>
/// <param name="Source"><c>EventGrid</c> (the only kind that Flex Consumption takes) or <c>LogsAndContainerScan</c>.</param>
internal sealed record BlobTrigger(string Name, string Path, string Source) : FunctionBinding(Name, In)
{
    /// <summary>Where the container is.</summary>
    public string Connection { get; } = StorageConnection;
}

/// <summary>A durable activity; the function's name is the activity's.</summary>
/// <param name="Name">What the payload calls the input.</param>
internal sealed record ActivityTrigger(string Name) : FunctionBinding(Name, In);

/// <summary>A durable orchestration; the function's name is the orchestrator's.</summary>
/// <param name="Name">What the payload calls the request.</param>
internal sealed record OrchestrationTrigger(string Name) : FunctionBinding(Name, In);

/// <summary>A client of the task hub: as input its addresses, as output an instance to start. Never on an HTTP function.</summary>
/// <param name="Name">What payload and answer call it.</param>
/// <param name="Direction">In or out.</param>
internal sealed record DurableClient(string Name, string Direction) : FunctionBinding(Name, Direction);
