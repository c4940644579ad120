using System.Text.Json;
using Cloudreve.DurableTask.Serialization;

namespace Cloudreve.DurableTask;

/// <summary>The orchestrators and activities of an app, by name. Fill it at start; afterwards it is read from many threads.</summary>
public sealed class DurableTaskRegistry
{
    private readonly Dictionary<(TaskName Name, TaskVersion Version), OrchestratorRunner> _orchestrators = [];
    private readonly Dictionary<string, ActivityRunner> _activities = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates an empty registry.</summary>
    /// <param name="serializerOptions">
    /// Options whose resolver is source-generated and knows every input, result and event type beyond .NET's primitives; null when there are none.
    /// </param>
    public DurableTaskRegistry(JsonSerializerOptions? serializerOptions = null) => Payload = new JsonPayload(serializerOptions);

    /// <summary>Names of all orchestrators.</summary>
    public IReadOnlyCollection<string> OrchestratorNames =>
        [.. _orchestrators.Keys.Select(k => k.Name.Name).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Names of all activities.</summary>
    public IReadOnlyCollection<string> ActivityNames => _activities.Keys;

    internal delegate Task<string> OrchestratorRunner(TaskOrchestrationContext context, string? inputJson);

    internal delegate Task<string> ActivityRunner(IServiceProvider services, TaskActivityContext context, string? inputJson);

    internal JsonPayload Payload { get; }

    /// <summary>Adds the orchestrator that instances without a version run.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="factory">Makes a fresh one for each replay.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public DurableTaskRegistry AddOrchestrator<TInput, TOutput>(TaskName name, Func<TaskOrchestrator<TInput, TOutput>> factory) =>
        AddOrchestrator(name, TaskVersion.Unversioned, factory);

    /// <summary>
    /// Adds one version of an orchestrator. An instance runs exactly the version that it was started with, and fails when that
    /// is not here: keep a version until no instance of it is left.
    /// </summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="version">The version.</param>
    /// <param name="factory">Makes a fresh one for each replay.</param>
    /// <exception cref="ArgumentException">The name is taken in this version.</exception>
    public DurableTaskRegistry AddOrchestrator<TInput, TOutput>(
        TaskName name, TaskVersion version, Func<TaskOrchestrator<TInput, TOutput>> factory)
    {
        // No ConfigureAwait(false): the continuation belongs to the replay's own synchronisation context.
        _orchestrators.Add((name, version), async (context, inputJson) =>
            Payload.Serialize<TOutput>(await factory().RunAsync(context, Payload.Deserialize<TInput>(inputJson)!)));
        return this;
    }

    /// <summary>Adds an activity.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="factory">Makes a fresh one for each call from the app's services.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public DurableTaskRegistry AddActivity<TInput, TOutput>(TaskName name, Func<IServiceProvider, TaskActivity<TInput, TOutput>> factory)
    {
        _activities.Add(name.Name, async (services, context, inputJson) =>
            Payload.Serialize<TOutput>(await factory(services).RunAsync(context, Payload.Deserialize<TInput>(inputJson)!)));
        return this;
    }

    /// <summary>Adds an activity that needs no services.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="factory">Makes a fresh one for each call.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public DurableTaskRegistry AddActivity<TInput, TOutput>(TaskName name, Func<TaskActivity<TInput, TOutput>> factory) =>
        AddActivity(name, _ => factory());

    internal OrchestratorRunner? FindOrchestrator(TaskName name, TaskVersion version) => _orchestrators.GetValueOrDefault((name, version));

    internal ActivityRunner? FindActivity(string name) => _activities.GetValueOrDefault(name);
}
